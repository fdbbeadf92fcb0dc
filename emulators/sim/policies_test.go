package sim_test

import (
	"fmt"
	"testing"
	"time"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestF19StricterPolicies: with a hundred executions in flight, the rules are
// made stricter: one goes, one only records, one does something else. Nothing
// is claimed after that which the new rules forbid (I5).
func TestF19StricterPolicies(t *testing.T) {
	t.Parallel()
	each(t, 4, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix(), Faults: sim.Faults{Duplicate: 0.2, TaskLate: 0.5, Kill: 0.005}}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			w.Happen(t.Context(), 40, time.Minute)
			wrong := run(w, time.Minute)
			strict := sim.Mix()[1:]
			strict[0].Level = "L1"
			strict[1].Level = "L3"
			if err := w.Grant(strict); err != nil {
				return []string{err.Error()}
			}
			wrong = append(append(wrong, run(w, 20*time.Minute)...), drained(t, w, time.Hour)...)
			e, more := judged(t, w)
			blocked := 0
			for _, x := range e.Executions {
				if x.State == execution.Blocked {
					blocked++
				}
			}
			if blocked == 0 || len(e.Effects) < 5 {
				wrong = append(wrong, fmt.Sprintf("%d executions were blocked, %d effects made: the change came at no good time", blocked, len(e.Effects)))
			}
			return append(wrong, more...)
		})
	})
}

// TestF19UnreadablePolicies: what was last right holds for 15 minutes, and then
// events are recorded only; an event comes every minute.
func TestF19UnreadablePolicies(t *testing.T) {
	t.Parallel()
	must(t, sim.Options{Seed: 1, Rules: sim.Mix(), Instances: 1}, func(t *testing.T, w *sim.World) (wrong []string) {
		t.Helper()
		for minute := range 20 {
			if minute == 1 {
				if err := w.Garble(); err != nil {
					return []string{err.Error()}
				}
			}
			before, _ := judged(t, w)
			h, err := w.Occur(t.Context(), emulator.Trigger{Name: "issues.opened"})
			if err != nil {
				return []string{err.Error()}
			}
			w.Deliver(t.Context(), h, w.DeliveryID())
			wrong = append(wrong, run(w, time.Minute)...)
			after, _ := judged(t, w)
			made, want := len(after.Effects)-len(before.Effects), 3 // one tells people
			if minute > 16 {
				want = 0
			}
			if made != want && minute != 16 {
				wrong = append(wrong, fmt.Sprintf("%d effects of the event %d minutes after, want %d", made, minute-1, want))
			}
		}
		wrong = append(wrong, drained(t, w, time.Hour)...)
		_, more := judged(t, w)
		return append(wrong, more...)
	})
}
