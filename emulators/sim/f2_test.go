package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestF2CrashAtEveryStep kills the process before and after each durable step
// of a run that has actions of every class, one kill a run. The end is that of
// the run without a kill; only what is of class C may end in doubt.
func TestF2CrashAtEveryStep(t *testing.T) {
	t.Parallel()
	calm, durable := crashed(t, nil)
	if len(calm.states) != 7 || durable < 30 {
		t.Fatalf("the run without a kill has %d executions and %d durable steps", len(calm.states), durable)
	}
	for n := 1; n <= durable; n++ {
		for _, when := range []sim.Moment{sim.Before, sim.After} {
			t.Run(fmt.Sprintf("%s step %d", when, n), func(t *testing.T) {
				t.Parallel()
				got, _ := crashed(t, map[int]sim.Moment{n: when})
				for id, class := range calm.classes {
					if class == action.ClassC && got.states[id] == execution.Uncertain {
						got.states[id] = calm.states[id]
						if got.effects[id] == 0 {
							got.effects[id] = 1 // not begun, or not known: a person will see
						}
					}
				}
				if diff := cmp.Diff(calm.states, got.states); diff != "" {
					t.Errorf("the end differs (-calm +got):\n%s", diff)
				}
				if diff := cmp.Diff(calm.effects, got.effects); diff != "" {
					t.Errorf("the effects differ (-calm +got):\n%s", diff)
				}
			})
		}
	}
}

// end is how a run ended, by execution.
type end struct {
	states  map[string]execution.State
	classes map[string]action.Class
	effects map[string]int
}

func crashed(t *testing.T, script map[int]sim.Moment) (got end, durable int) {
	t.Helper()
	must(t, sim.Options{Seed: 1, Rules: sim.Mix(), Script: script}, func(t *testing.T, w *sim.World) []string {
		t.Helper()
		for i, name := range []string{"issues.opened", "workflow_run.failed"} {
			h, err := w.Occur(t.Context(), emulator.Trigger{Name: name})
			if err != nil {
				return []string{err.Error()}
			}
			w.Deliver(t.Context(), h, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		}
		wrong := drained(t, w, 20*time.Minute)
		e, more := judged(t, w)
		got = end{map[string]execution.State{}, map[string]action.Class{}, map[string]int{}}
		for _, x := range e.Executions {
			got.states[x.ID], got.classes[x.ID] = x.State, x.Class
		}
		for _, f := range e.Effects {
			got.effects[f.Execution]++
		}
		_, durable = w.Steps()
		return append(wrong, more...)
	})
	return got, durable
}
