package policy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

func explain(t *testing.T, s *policy.Set, in *policy.Input, name string) policy.Explanation {
	t.Helper()
	x, err := s.Explain(in, name)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestExplainIsOfThisEvent would find an answer that is kept from the event
// that an explanation was first made for, or from another type of event.
func TestExplainIsOfThisEvent(t *testing.T) {
	t.Parallel()
	set, err := load(t, `policies:
  - name: many
    on: com.github.issues.*
    when: event.issue.comments >= 2 && (event.action == "opened" || !(event.issue.state == "open"))
    do: github.workflow.rerun_failed_jobs
    capability: error-recovery
    autonomy: L4
`)
	if err != nil {
		t.Fatal(err)
	}
	quiet, loud, edited := input(t, "issues", "opened"), changed(t, "issues", "opened", "comments", 7), changed(t, "issues", "edited", "comments", 7)
	for range 2 { // made, then kept
		if x := explain(t, set, quiet, "many"); x.Matched || x.Change != "would match if event.issue.comments were at least 2 (it is 0)" {
			t.Errorf("quiet: %+v", x)
		}
		if x := explain(t, set, loud, "many"); !x.Matched || x.Root.Children[0].Facts["event.issue.comments"] != int64(7) {
			t.Errorf("loud: %+v", x)
		}
		if x := explain(t, set, edited, "many"); x.Matched || x.Root.Children[1].Value != "false" {
			t.Errorf("edited: %+v", x)
		}
	}
	if n := policy.Explainers(set); n != 2 {
		t.Errorf("%d explanations are kept for 2 types of event", n)
	}
}

func TestExplainConcurrently(t *testing.T) {
	t.Parallel()
	set := ours(t, []string{`event.issue.comments >= 2 && event.issue.title.contains("x")`})
	in := input(t, "issues", "opened")
	all := make([]policy.Explanation, 16)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() { all[i], _ = set.Explain(in, "p-0") })
	}
	group.Wait()
	for _, x := range all {
		if diff := cmp.Diff(all[0], x); diff != "" || len(x.Root.Children) != 2 {
			t.Error(diff, x)
		}
	}
}

func TestExplanationsKeptAreBounded(t *testing.T) {
	t.Parallel()
	conditions := make([]string, 1_100)
	for i := range conditions {
		conditions[i] = fmt.Sprintf("event.issue.number == %d", i)
	}
	set := ours(t, conditions)
	in := input(t, "issues", "opened")
	for i := range conditions {
		if x := explain(t, set, in, fmt.Sprintf("p-%d", i)); x.Matched != (i == 1) {
			t.Fatalf("p-%d: %+v", i, x)
		}
	}
	if n := policy.Explainers(set); n != 1_024 {
		t.Errorf("%d explanations are kept, want 1,024", n)
	}
}

func TestExplainOfAnUnknownPolicy(t *testing.T) {
	t.Parallel()
	set, err := load(t, "policies:\n  - {name: rerun-failed-ci, on: com.github.workflow_run.completed, do: github.workflow.rerun_failed_jobs, capability: error-recovery, autonomy: L4}\n")
	if err != nil {
		t.Fatal(err)
	}
	in, err := policy.NewInput(event.Event{ID: "1", Type: "com.github.push", Data: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	for name, hint := range map[string]string{"rerun-faild-ci": `did you mean "rerun-failed-ci"?`, "another": `no policy "another"`} {
		if _, err := set.Explain(in, name); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v, want not found and %s", name, err, hint)
		}
	}
}
