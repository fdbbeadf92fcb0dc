package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestF1Kills: 20% duplicates, and 3% of all steps kill their process. Nothing
// is lost, nothing is made twice, nothing unrecorded, no ghost.
func TestF1Kills(t *testing.T) {
	t.Parallel()
	each(t, 10, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix(), Instances: 8, Faults: sim.Faults{Kill: 0.03, Duplicate: 0.2}}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			n := *total / 10
			w.Happen(t.Context(), n, time.Duration(n)*time.Second/2)
			wrong := run(w, time.Duration(n)*time.Second/2)
			w.Drain(t.Context(), time.Hour) //nolint:errcheck // most of it, under fire
			wrong = append(wrong, drained(t, w, 10*time.Minute)...)
			e, more := judged(t, w)
			return append(append(wrong, more...), unfinished(e)...)
		})
	})
}

// unfinished lists the executions that did not succeed, but for those of class
// C in doubt, those that wait for a person, and those that killed every worker that they were given to.
func unfinished(e sim.Evidence) []string { return unfinishedAfter(e, 2*execution.MaxAttempts) }

// unfinishedAfter is unfinished, but lets go what was tried more than tries
// times in vain.
func unfinishedAfter(e sim.Evidence, tries int) (wrong []string) {
	for _, x := range e.Executions {
		doubt := x.State == execution.Uncertain && x.Class == action.ClassC
		unlucky := x.Attempt > tries || x.Looks > tries
		asked := x.Category == execution.Manual && x.State == execution.Waiting
		if x.State != execution.Succeeded && !doubt && !unlucky && !asked {
			wrong = append(wrong, fmt.Sprintf("execution %s (%s) ended %s after %d attempts: %s", x.ID, x.Action, x.State, x.Attempt, x.Reason))
		}
	}
	if len(e.Executions) == 0 {
		wrong = append(wrong, "there are no executions: the test tests nothing")
	}
	return wrong
}
