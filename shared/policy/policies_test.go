package policy_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

type catalog []action.Spec

func (c catalog) Specs() []action.Spec { return c }

func specs() catalog {
	return catalog{
		{Name: "github.issue.comment", Kind: "issue", Reversible: true, Args: []byte(`{"type":"object","additionalProperties":false,"required":["body"],"properties":{"body":{"type":"string","minLength":1}}}`)},
		{Name: "github.issue.label", Kind: "issue", Reversible: true, Args: []byte(`{"type":"object","additionalProperties":false,"minProperties":1,"properties":{"add":{"type":"array","items":{"type":"string"},"minItems":1}}}`)},
		{Name: "github.pull_request.merge", Kind: "pull_request", Args: []byte(`{"type":"object","additionalProperties":false,"properties":{"method":{"enum":["merge","squash","rebase"]}}}`)},
		{Name: "test.many", Kind: "issue", Args: []byte(`{"type":"object","additionalProperties":false,"minProperties":2,"properties":{
			"flag":{"type":"boolean"},"count":{"type":"integer","minimum":3},"short":{"type":"string","maxLength":5,"pattern":"^a"},
			"set":{"type":"array","items":{"enum":["x","y"]},"uniqueItems":true,"maxItems":2},"either":{"anyOf":[{"type":"integer"},{"type":"array"}]},
			"map":{"type":"object","additionalProperties":{"type":"string"}}}}`)},
		{Name: "github.workflow.rerun_failed_jobs", Kind: "workflow_run", Args: []byte(`{"type":"object","additionalProperties":false}`)},
	}
}

func load(t *testing.T, text string) (*policy.Set, error) {
	t.Helper()
	return policy.Load(fstest.MapFS{"policies/p.yaml": {Data: []byte(text)}}, specs())
}

func input(tb testing.TB, name, action string) *policy.Input {
	tb.Helper()
	p, err := payloads.Find(name, action)
	if err != nil {
		tb.Fatal(err)
	}
	typ := "com.github." + name
	if action != "" {
		typ += "." + action
	}
	in, err := policy.NewInput(event.Event{ID: "1", Type: typ, Repository: "octo/hello", Data: p.Body})
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

func TestMatchFillsArguments(t *testing.T) {
	t.Parallel()
	set, err := load(t, `policies:
  - name: hello
    on: com.github.issues.opened
    when: event.issue.labels.exists(l, l.name == "bug") && event.issue.number < 10
    do: {action: github.issue.comment, with: {body: "Hi @${event.issue.user.login}, $${x} ${event.issue.number}${event.issue.milestone.title}"}}
    capability: error-recovery
    autonomy: L4
    limits: {per_resource: 2/1h}
  - name: other
    on: [com.github.issues.*, com.github.push]
    when: 'meta.repository.startsWith("octo/") && meta.author != ""'
    do: {action: github.issue.label, with: {add: ["${event.repository.name}"]}}
    capability: error-recovery
    autonomy: L3
`)
	if err != nil {
		t.Fatal(err)
	}
	got := set.Match(input(t, "issues", "opened"))
	if len(got) != 2 {
		t.Fatalf("matches = %+v", got)
	}
	if got[0].Err != nil || string(got[0].Args[0]) != `{"body":"Hi @Codertocat, ${x} 1v1.0"}` {
		t.Errorf("arguments = %s, %v", got[0].Args, got[0].Err)
	}
	if got[1].Err != nil || string(got[1].Args[0]) != `{"add":["Hello-World"]}` {
		t.Errorf("arguments = %s, %v", got[1].Args, got[1].Err)
	}
	x, err := set.Explain(input(t, "issues", "opened"), "hello")
	if err != nil || !x.Matched || x.Line != 2 {
		t.Errorf("explanation = %+v, %v", x, err)
	}
	want := `would no longer match if event.issue.labels.exists(l, l.name == "bug") were false or event.issue.number were at least 10 (it is 1)`
	if x.Change != want {
		t.Errorf("change = %s", x.Change)
	}
}

// changed returns a recorded event whose issue has another value in a field.
func changed(t *testing.T, name, action, field string, value any) *policy.Input {
	t.Helper()
	p, err := payloads.Find(name, action)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(p.Body, &body); err != nil {
		t.Fatal(err)
	}
	issue, ok := body["issue"].(map[string]any)
	if !ok {
		t.Fatalf("%s.%s has no issue", name, action)
	}
	issue[field] = value
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	in, err := policy.NewInput(event.Event{ID: "1", Type: "com.github." + name + "." + action, Repository: "octo/hello", Data: raw})
	if err != nil {
		t.Fatal(err)
	}
	return in
}
