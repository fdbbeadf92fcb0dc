package policy_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

const comment = "{action: github.issue.comment, with: {body: hi}}"

// list returns the file of one policy whose do is this list.
func list(do string) string { return one(comment, do) }

// TestStepFindings are the mistakes in a do that is a list, at their places.
func TestStepFindings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, want string }{
		"none":              {list("[]"), "5:9: do lists too few or too many actions; list 1 to 10"},
		"too many":          {list("[" + strings.Repeat("test.many, ", 11) + "]"), "5:9: do lists too few or too many actions; list 1 to 10"},
		"unknown action":    {list("[github.issue.label, github.issue.coment]"), `5:30: the action "github.issue.coment" is unknown; did you mean "github.issue.comment"?`},
		"unknown in object": {list("[" + comment + ", {action: github.issue.coment}]"), `5:69: the action "github.issue.coment" is unknown; did you mean`},
		"unknown member":    {list("[" + comment + ", {action: github.issue.label, wth: {}}]"), `5:89: do has no "wth"; write {action: name, with: {argument: value}}`},
		"unknown argument":  {list("[" + comment + ", {action: github.issue.label, with: {add: [x], rm: 1}}]"), "5:106: the action has no argument \"rm\"; `infinity policy schema` lists the arguments"},
		"missing argument":  {list("[" + comment + ", {action: github.issue.comment}]"), `5:60: do lacks "with"`},
		"argument's type":   {list("[" + comment + ", {action: github.issue.comment, with: {body: 3}}]"), `5:104: body is of type number; it has to be string`},
		"no list of lists":  {list("[[github.issue.label]]"), `5:10: do is of type array; it has to be string or object`},
		"template":          {list("[" + comment + ", {action: github.issue.comment, with: {body: \"a ${event.issu.title}\"}}]"), `5:114: undefined field 'issu'; did you mean "issue"?`},
		"template's type":   {list("[" + comment + ", {action: github.issue.comment, with: {body: \"${event.issue.number}\"}}]"), `5:107: the expression gives a value of type int; body has to be string`},
		"name alone":        {list("[" + comment + ", github.issue.comment]"), `5:60: with lacks "body"`},
		"twice":             {list("[" + comment + ", {action: github.issue.label, with: {add: [x]}}, " + comment + "]"), `5:108: step 3 is the same as step 1; what is done once is done`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.file)
			if err == nil {
				t.Fatal("no finding")
			}
			if got := strings.ReplaceAll(err.Error(), "policies/p.yaml:", ""); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSteps would find steps out of order, a template that is made of another
// step's, or a list of one that is not the plain case.
func TestSteps(t *testing.T) {
	t.Parallel()
	set, err := load(t, strings.Replace(list(`[{action: github.issue.label, with: {add: ["${event.issue.user.login}"]}}, `+comment+`, github.pull_request.merge]`), "event.issue.number > 3", "event.issue.number > 0", 1))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"github.issue.label", "github.issue.comment", "github.pull_request.merge"}
	if diff := cmp.Diff(want, set.Policies()[0].Actions()); diff != "" {
		t.Error(diff)
	}
	got := set.Match(input(t, "issues", "opened"))
	if len(got) != 1 || got[0].Err != nil {
		t.Fatalf("matches = %+v", got)
	}
	for i, want := range []string{`{"add":["Codertocat"]}`, `{"body":"hi"}`, `{}`} {
		if string(got[0].Args[i]) != want {
			t.Errorf("step %d has %s, want %s", i+1, got[0].Args[i], want)
		}
	}
	plain, err := load(t, one())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := load(t, list("["+comment+"]"))
	if err != nil {
		t.Fatal(err)
	}
	if plain.Digest() != listed.Digest() {
		t.Error("a list of one step has another digest than the step alone")
	}
	other, err := load(t, list("["+comment+", github.pull_request.merge]"))
	if err != nil {
		t.Fatal(err)
	}
	if plain.Digest() == other.Digest() {
		t.Error("another step does not change the digest")
	}
}

// TestStepsWhoseArgumentsDoNotFit: one bad step spoils the match, and is named.
func TestStepsWhoseArgumentsDoNotFit(t *testing.T) {
	t.Parallel()
	set, err := load(t, strings.Replace(list(`[`+comment+`, {action: test.many, with: {flag: true, count: "${event.issue.number}"}}]`), "event.issue.number > 3", "event.issue.number > 0", 1))
	if err != nil {
		t.Fatal(err)
	}
	got := set.Match(input(t, "issues", "opened"))
	if len(got) != 1 || got[0].Args != nil || got[0].Err == nil || !strings.HasPrefix(got[0].Err.Error(), "of step 2: do not fit the action: count: minimum") {
		t.Errorf("matches = %+v", got)
	}
}

// TestFixturesNameSteps would find a fixture that passes whatever the steps are.
func TestFixturesNameSteps(t *testing.T) {
	t.Parallel()
	set, err := load(t, strings.Replace(list(`[`+comment+`, {action: github.issue.label, with: {add: [x]}}]`), "event.issue.number > 3", "event.issue.number > 0", 1))
	if err != nil {
		t.Fatal(err)
	}
	for steps, want := range map[string]string{
		`[github.issue.comment, github.issue.label]`:                                  "",
		`[github.issue.comment, {action: github.issue.label, args: {add: [x]}}]`:      "",
		`[{action: github.issue.comment}, github.issue.label]`:                        "",
		`[github.issue.label, github.issue.comment]`:                                  "steps is",
		`[github.issue.comment]`:                                                      "steps is",
		`[github.issue.comment, github.issue.label, github.issue.label]`:              "steps is",
		`[github.issue.comment, {action: github.issue.label, args: {add: [y]}}]`:      "steps is",
		`[{action: github.issue.comment, args: {body: ho}}, github.issue.label]`:      "steps is",
		`[github.issue.comment, github.issue.label], action: github.issue.comment`:    "",
		`[github.issue.comment, github.issue.label], category: Alert`:                 "category is",
		`[github.issue.comment, github.issue.label], args: {body: somebody}`:          "args is",
		`[github.issue.comment, github.issue.label], category: Automatic`:             "",
		`[github.issue.comment, {action: github.issue.label, args: {add: [x, "y"]}}]`: "steps is",
	} {
		file := "fixtures:\n  - {name: f, payload: issues.opened#18, expect: {good: {steps: " + steps + "}}}\n"
		results, err := policy.RunFixtures(fstest.MapFS{"fixtures/f.yaml": {Data: []byte(file)}, "autonomy.yaml": {Data: []byte(autonomytest.File())}}, set, recorded)
		if err != nil {
			t.Fatal(err)
		}
		if failures := strings.Join(results[0].Failures, "; "); (failures == "") != (want == "") || !strings.Contains(failures, want) {
			t.Errorf("%s: failures %q, want %q", steps, failures, want)
		}
	}
}
