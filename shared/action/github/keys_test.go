package github_test

import (
	"encoding/json"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actions "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func lookup(tb testing.TB, name string) action.Action {
	tb.Helper()
	registry, err := action.NewRegistry(actions.New(nil)...)
	if err != nil {
		tb.Fatal(err)
	}
	a, err := registry.Lookup(name)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// What makes two requests one effect, and what makes them two.
func TestKeys(t *testing.T) {
	t.Parallel()
	base := action.Target{ID: "1", SHA: "aaa", AsOf: "2"}
	later := action.Target{ID: "1", SHA: "aaa", AsOf: "3"}
	pushed := action.Target{ID: "1", SHA: "bbb", AsOf: "2"}
	for _, tc := range []struct {
		name, one, two string
		target         action.Target
		same           bool
	}{
		{"github.issue.label", `{"add":["a","B"]}`, `{"add":["b","A"]}`, base, true},
		{"github.issue.label", `{"add":["a"]}`, `{"remove":["a"]}`, base, false},
		{"github.issue.label", `{"add":["a"]}`, `{"add":["a"]}`, later, false},
		{"github.issue.assign", `{"assignees":["x","y"]}`, `{"assignees":["Y","X"]}`, base, true},
		{"github.issue.assign", `{"assignees":["x"]}`, `{"assignees":["x"]}`, later, false},
		{"github.issue.close", `{}`, `{"reason":"not_planned"}`, base, true},
		{"github.issue.close", `{}`, `{}`, later, false},
		{"github.issue.comment", `{"body":"a"}`, `{"body":"a"}`, later, true},
		{"github.issue.comment", `{"body":"a"}`, `{"body":"b"}`, base, false},
		{"github.pull_request.merge", `{}`, `{"method":"squash"}`, later, true},
		{"github.pull_request.merge", `{}`, `{}`, pushed, false},
		{"github.pull_request.update_branch", `{}`, `{}`, later, true},
		{"github.pull_request.update_branch", `{}`, `{}`, pushed, false},
		{"github.workflow.rerun_failed_jobs", `{}`, `{}`, pushed, true},
		{"github.workflow.rerun_failed_jobs", `{}`, `{}`, later, false},
		{"github.workflow.dispatch", `{"workflow":"a.yml","ref":"main"}`, `{"workflow":"a.yml","ref":"main"}`, later, false},
		{"github.release.create", `{"tag":"v1"}`, `{"tag":"v1","draft":true}`, pushed, true},
	} {
		a := lookup(t, tc.name)
		one, err := a.Key(base, json.RawMessage(tc.one))
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		two, err := a.Key(tc.target, json.RawMessage(tc.two))
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if (one == two) != tc.same {
			t.Errorf("%s %s and %s on %+v: keys %s and %s", tc.name, tc.one, tc.two, tc.target, one, two)
		}
	}
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, args string }{
		{"github.issue.label", `{}`},
		{"github.issue.label", `{"add":[""]}`},
		{"github.issue.comment", `{"body":"x <!-- infinity:abc -->"}`},
		{"github.issue.comment", `{"body":""}`},
		{"github.issue.close", `{"reason":"boring"}`},
		{"github.pull_request.merge", `{"method":"force"}`},
		{"github.pull_request.request_reviewers", `{"reviewers":["../x"]}`},
		{"github.check_run.create", `{"name":"n","title":"t","summary":"s"}`}, // completed, without a conclusion
		{"github.check_run.create", `{"name":"n","title":"t","summary":"s","status":"queued","conclusion":"success"}`},
		{"github.workflow.dispatch", `{"workflow":"../x.yml","ref":"main"}`},
		{"github.release.create", `{"tag":"v 1"}`},
		{"github.workflow.rerun_failed_jobs", `{"force":true}`},
	} {
		if _, err := lookup(t, tc.name).Key(action.Target{}, json.RawMessage(tc.args)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s takes %s (%v)", tc.name, tc.args, err)
		}
	}
}
