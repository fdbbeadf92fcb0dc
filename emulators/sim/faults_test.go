package sim_test

import (
	"fmt"
	"testing"
	"time"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestF3Stopped: a third of the workers stands still for 1.5 to 3 leases
// between the last look and the call. Nothing is made twice; what is of class
// C and was begun ends in doubt, as does what five workers stood still on.
func TestF3Stopped(t *testing.T) {
	t.Parallel()
	each(t, 4, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix(), Instances: 16, Faults: sim.Faults{StopAtCall: 0.35}}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			w.Happen(t.Context(), 30, 10*time.Minute)
			wrong := run(w, 20*time.Minute)
			wrong = append(wrong, drained(t, w, time.Hour)...)
			e, more := judged(t, w)
			return append(append(append(wrong, more...), unfinishedAfter(e, execution.MaxAttempts-1)...), doubts(e)...)
		})
	})
}

// doubts checks that what is in doubt was made at most once, and that there is
// some: else nobody was stopped.
func doubts(e sim.Evidence) (wrong []string) {
	made, doubtful := map[string]int{}, 0
	for _, f := range e.Effects {
		made[f.Execution]++
	}
	for _, x := range e.Executions {
		if x.Class != action.ClassC {
			continue
		}
		if x.State == execution.Uncertain {
			doubtful++
		}
		if made[x.ID] > 1 {
			wrong = append(wrong, fmt.Sprintf("execution %s of class C was made %d times", x.ID, made[x.ID]))
		}
	}
	if doubtful == 0 {
		wrong = append(wrong, "nothing of class C is in doubt: nobody was stopped")
	}
	return wrong
}

// TestF4Storm: each change comes 50 times, through the App's hook, the
// repository's and the organization's, in any order. One decision for each, one
// effect for each.
func TestF4Storm(t *testing.T) {
	t.Parallel()
	each(t, 4, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix()[:2], Faults: sim.Faults{Duplicate: 0.2, LateAck: 0.05}}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			const changes, each = 5, 50
			for range changes {
				h, err := w.Occur(t.Context(), emulator.Trigger{Name: "issues.opened"})
				if err != nil {
					return []string{err.Error()}
				}
				sources := []sim.Hook{h, w.Plain(h), w.Plain(h)}
				for i := range each {
					w.DeliverWithin(t.Context(), sources[i%len(sources)], w.DeliveryID(), time.Minute)
				}
			}
			wrong := append(run(w, 5*time.Minute), drained(t, w, time.Hour)...)
			e, more := judged(t, w)
			decisions := map[string]bool{}
			for _, d := range e.Deliveries {
				decisions[d.DecisionID] = true
			}
			if len(e.Deliveries) != changes*each || len(decisions) != changes || len(e.Effects) != 2*changes {
				wrong = append(wrong, fmt.Sprintf("%d deliveries, %d decisions, %d effects; want %d, %d, %d",
					len(e.Deliveries), len(decisions), len(e.Effects), changes*each, changes, 2*changes))
			}
			return append(append(wrong, more...), unfinished(e)...)
		})
	})
}

// TestF7LateAcks: most acknowledgements come late, and many messages ten times
// more. At most 1.1 changing calls reach GitHub for each effect.
func TestF7LateAcks(t *testing.T) {
	t.Parallel()
	each(t, 2, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix(), Faults: sim.Faults{LateAck: 0.3, Redeliver: 0.5, Duplicate: 0.3}}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			w.Happen(t.Context(), 20, 10*time.Minute)
			wrong := append(run(w, 30*time.Minute), drained(t, w, time.Hour)...)
			e, more := judged(t, w)
			if calls := w.Changes(); float64(calls) > 1.1*float64(len(e.Effects)) {
				wrong = append(wrong, fmt.Sprintf("%d changing calls for %d effects", calls, len(e.Effects)))
			}
			return append(append(wrong, more...), unfinished(e)...)
		})
	})
}

// TestF8ReceiverDown: nobody answers for two hours. GitHub does not send again
// by itself; once its users may, all is done within ten minutes, once.
func TestF8ReceiverDown(t *testing.T) {
	t.Parallel()
	each(t, 1, func(t *testing.T, seed uint64) {
		t.Helper()
		must(t, sim.Options{Seed: seed, Rules: sim.Mix()[:2]}, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			w.Down("githubwebhook", 2*time.Hour)
			w.Happen(t.Context(), 100, 2*time.Hour)
			wrong := run(w, 2*time.Hour)
			if e, _ := judged(t, w); len(e.Accepted) > 0 {
				wrong = append(wrong, "something was accepted while nobody listened")
			}
			wrong = append(wrong, drained(t, w, 10*time.Minute)...)
			e, more := judged(t, w)
			return append(append(wrong, more...), unfinished(e)...)
		})
	})
}

// TestF13StoreTrouble: a fifth of all commits is aborted, others fail, with and
// without having taken place, and 20 deliveries of each change write the same
// documents. No update is lost (each record begins where the last one ended)
// and nothing is made twice.
func TestF13StoreTrouble(t *testing.T) {
	t.Parallel()
	each(t, 4, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix(), Faults: sim.Faults{Aborted: 0.2, Unavailable: 0.05, TimedOut: 0.02, Duplicate: 0.5}}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			for _, name := range []string{"issues.opened", "workflow_run.failed", "issues.opened"} {
				h, err := w.Occur(t.Context(), emulator.Trigger{Name: name})
				if err != nil {
					return []string{err.Error()}
				}
				for range 20 {
					w.DeliverWithin(t.Context(), h, w.DeliveryID(), 30*time.Second)
				}
			}
			wrong := append(run(w, 10*time.Minute), drained(t, w, time.Hour)...)
			_, more := judged(t, w)
			return append(wrong, more...)
		})
	})
}
