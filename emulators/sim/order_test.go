package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
)

// pulls are rules whose effects depend on the head of a pull request.
var pulls = []sim.Rule{
	{Name: "label", On: "com.github.pull_request.opened", Do: "github.issue.label", With: map[string]any{"add": []string{"seen"}}, Level: "L5"},
	{Name: "tell", On: "com.github.pull_request.synchronize", Do: "github.pull_request.comment", With: map[string]any{"body": "Now at ${event.pull_request.head.sha}."}, Level: "L5"},
	{Name: "merge", On: "com.github.pull_request_review.submitted", When: `event.review.state == "approved"`, Do: "github.pull_request.merge", Level: "L5"},
}

// TestF5Orders delivers four events of one pull request in all 24 orders, under
// several seeds: opened, approved, pushed to, approved again. GitHub ends the
// same, and nothing is done to the head that is no longer there.
func TestF5Orders(t *testing.T) {
	t.Parallel()
	for i, order := range permutations(4) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				o := sim.Options{Seed: 4*uint64(i) + seed + 1, Rules: pulls, Faults: sim.Faults{Duplicate: 0.3}}
				must(t, o, func(t *testing.T, w *sim.World) []string {
					t.Helper()
					return ordered(t, w, order, time.Duration(seed)*200*time.Millisecond)
				})
			}
		})
	}
}

// ordered lets the four events happen, and only then delivers them.
func ordered(t *testing.T, w *sim.World, order []int, apart time.Duration) []string {
	t.Helper()
	var hooks []sim.Hook
	for _, name := range []string{"pull_request.opened", "pull_request_review.update", "pull_request.synchronize", "pull_request_review.update"} {
		h, err := w.Occur(t.Context(), emulator.Trigger{Name: name, Number: 1})
		if err != nil {
			return []string{err.Error()}
		}
		hooks = append(hooks, h)
	}
	var wrong []string
	for _, i := range order {
		w.Deliver(t.Context(), hooks[i], w.DeliveryID())
		wrong = append(wrong, run(w, apart)...)
	}
	wrong = append(wrong, drained(t, w, time.Hour)...)
	e, more := judged(t, w)
	head := field(hooks[3].Body, "pull_request", "head", "sha")
	got := []string{}
	for _, f := range e.Effects {
		got = append(got, f.Method+" "+f.Path[strings.LastIndex(f.Path, "/")+1:])
		if strings.HasSuffix(f.Path, "/merge") && !strings.Contains(f.Body, head) {
			wrong = append(wrong, "a head was merged that is not "+head+": "+f.Body)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"POST comments", "POST labels", "PUT merge"}, got); diff != "" {
		wrong = append(wrong, "the effects differ (-want +got):\n"+diff)
	}
	return append(wrong, more...)
}

// permutations returns all orders of 0 to n-1.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}
