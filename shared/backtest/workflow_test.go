package backtest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// steps is a policy of two steps on opened issues.
func steps(second string) string {
	return "  - {name: p, on: com.github.issues.opened, do: [{action: github.issue.label, with: {add: [a]}}, " + second + "], capability: error-recovery, autonomy: L4, limits: {total: 2/1h}}\n"
}

// TestWorkflows back-tests a policy that does two things, one of which some
// event had done before.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	const comment = "{action: github.issue.comment, with: {body: hello}}"
	r := newRig(t)
	before := r.engine(steps(comment))
	first := r.decide(before, r.issue(1, "t"))
	r.decide(before, r.issue(1, "u")) // its label is taken: as a workflow it does nothing, or what is left
	r.decide(before, r.issue(2, "t"))
	r.decide(before, r.issue(3, "t"))
	r.change(first, func(x *execution.Execution) {
		x.State, x.Undo = execution.Reverted, &execution.Undo{By: "key:bob"}
	})
	r.changeOne(first.Proposals[0].Steps[1].ExecutionID, func(x *execution.Execution) { // a no outweighs a yes
		x.State, x.Category, x.Answer = execution.Succeeded, execution.Manual, "approved by key:ann"
	})
	for name, c := range map[string]struct {
		policies string
		want     backtest.PolicyReport
	}{
		"the same": {steps(comment), backtest.PolicyReport{Then: 4, Now: 4, Runs: 2, Doubled: 1, Stopped: 1, Disagreed: 1}},
		"other arguments": {
			steps("{action: github.issue.comment, with: {body: bye}}"),
			backtest.PolicyReport{Then: 4, Now: 4, Runs: 2, Doubled: 1, Stopped: 1, Disagreed: 1, Changes: map[backtest.Kind]int{backtest.Action: 3}},
		},
		"one step less": {
			label("p", "true", "a", "L4", ""),
			backtest.PolicyReport{Then: 4, Now: 4, Runs: 3, Doubled: 1, Disagreed: 1, Changes: map[backtest.Kind]int{backtest.Action: 4}},
		},
	} {
		report := r.run(r.engine(c.policies), nil)
		c.want.Policy = "p"
		if diff := cmp.Diff(c.want, of(report, "p")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
