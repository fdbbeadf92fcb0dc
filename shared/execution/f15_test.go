package execution_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// crashOnce makes whoever calls it first die.
func crashOnce() func() error {
	crashed := false
	return func() error {
		if !crashed {
			crashed = true
			panic("crash")
		}
		return nil
	}
}

// F15: a plan of five steps that fails at step k, with a crash in the
// compensation of step j, for all pairs and every way to crash. Only the
// sweeper wakes anybody.
func TestF15EveryFailureIsUndoneInReverse(t *testing.T) {
	t.Parallel()
	refused := func() error { return fault.New(fault.Forbidden, "not allowed") }
	crashes := map[string]func(*sagaRig, int){
		"before the undo": func(r *sagaRig, j int) { r.stage.before[fmt.Sprint("undo ", j)] = crashOnce() },
		"after the undo":  func(r *sagaRig, j int) { r.stage.after[fmt.Sprint("undo ", j)] = crashOnce() },
		"the undo is refused once": func(r *sagaRig, j int) {
			once := crashOnce()
			r.stage.before[fmt.Sprint("undo ", j)] = func() (err error) {
				defer func() {
					if recover() != nil {
						err = errDown
					}
				}()
				return once()
			}
		},
		"no crash": func(*sagaRig, int) {},
	}
	for k := 1; k <= 5; k++ {
		for j := 1; j < max(k, 2); j++ {
			for name, crash := range crashes {
				t.Run(fmt.Sprintf("fails at %d, %s of %d", k, name, j), func(t *testing.T) {
					t.Parallel()
					r := newSagaRig(t)
					w := r.plan(t, ready(""), five()...)
					r.stage.before[fmt.Sprint("do ", k)] = refused
					crash(r, j)
					w = r.finish(t, w.ID)
					if w.State != execution.WorkflowUndone || len(w.Undone) != k-1 {
						t.Errorf("it is %s, undone %v (%s)", w.State, w.Undone, w.Reason)
					}
					r.check(t, w)
					for n := k + 1; n <= 5; n++ {
						r.wantState(t, fmt.Sprint("x", n), execution.Superseded)
						if r.stage.calls[fmt.Sprint("do ", n)] > 0 {
							t.Errorf("step %d was begun", n)
						}
					}
				})
			}
		}
	}
}

// F15, with the store failing: each commit of the whole course is lost once,
// before it is durable and after.
func TestF15EveryCommitIsLost(t *testing.T) {
	t.Parallel()
	course := func(t *testing.T, arm func(*sagaRig)) (*sagaRig, execution.Workflow) {
		t.Helper()
		r := newSagaRig(t)
		w := r.plan(t, ready(""), five()...)
		r.stage.before["do 4"] = func() error { return fault.New(fault.Forbidden, "not allowed") }
		arm(r)
		w = r.finish(t, w.ID)
		r.check(t, w)
		return r, w
	}
	r, _ := course(t, func(*sagaRig) {})
	commits := r.faults.n
	if commits < 3*4+2+3*3 { // what the steps, the failure and the undos take at least
		t.Fatalf("the course took %d commits only", commits)
	}
	for n := 1; n <= commits; n++ {
		for _, when := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%s commit %d", when, n), func(t *testing.T) {
				t.Parallel()
				_, w := course(t, func(r *sagaRig) {
					at := map[int]error{n: errCrash}
					if when == "before" {
						r.faults.reset(at, nil)
					} else {
						r.faults.reset(nil, at)
					}
				})
				// A step that died with its intent is in doubt, and undone too.
				undone := slices.DeleteFunc(slices.Clone(w.Undone), func(step int) bool { return step == 4 })
				if w.State != execution.WorkflowUndone || !slices.Equal(undone, []int{3, 2, 1}) {
					t.Errorf("it is %s, undone %v, stands %v (%s)", w.State, w.Undone, w.Stands, w.Reason)
				}
			})
		}
	}
}

// Each way in which a step can end without success undoes those before it.
func TestEveryWayToFailCompensates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arm   func(*sagaRig)
		third execution.State // the failing step's end
		undos int
	}{
		"failed":              {func(r *sagaRig) { r.stage.before["do 3"] = always(fault.New(fault.Invalid, "no")) }, execution.Failed, 2},
		"always down":         {func(r *sagaRig) { r.stage.before["do 3"] = always(errRate) }, execution.Failed, 2},
		"made, then not seen": {func(r *sagaRig) { r.stage.after["do 3"] = func() error { r.stage.on["3"] = false; return nil } }, execution.Reverted, 2},
		"in doubt":            {func(r *sagaRig) { r.stage.after["do 3"] = always(errDown) }, execution.Succeeded, 0},
		"dry run": {func(r *sagaRig) {
			r.stage.after["do 2"] = func() error { r.runner.Live = func(int64) bool { return false }; return nil }
			r.stage.before["undo 2"] = func() error { return nil }
		}, execution.Blocked, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSagaRig(t)
			w := r.plan(t, ready(""), five()...)
			c.arm(r)
			w = r.finish(t, w.ID)
			r.wantState(t, "x3", c.third)
			if len(r.stage.undone()) != c.undos {
				t.Errorf("%v were undone, want %d; it is %s (%s)", r.stage.undone(), c.undos, w.State, w.Reason)
			}
			r.check(t, w)
		})
	}
}

// An effect in doubt for ever that can be undone is undone with the others.
func TestDoubtIsUndone(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	w := r.plan(t, ready(""), "s.do", "s.do")
	r.stage.before["do 2"] = always(errDown)
	if x := r.tryUntil(t, "x2", execution.Reverting); x.NotBefore.Before(r.clock.Now().Add(10 * time.Second)) { // what GitHub takes for a request
		t.Errorf("it is undone at %s, now is %s: the effect may come after", x.NotBefore, r.clock.Now())
	}
	w = r.finish(t, w.ID)
	r.check(t, w)
	if w.State != execution.WorkflowUndone || r.stage.calls["undo 2"] != 1 || r.stage.on["1"] {
		t.Errorf("it is %s (%s); the one in doubt was undone %d times", w.State, w.Reason, r.stage.calls["undo 2"])
	}
}

// What cannot be undone stops the compensation: what it was built on stays.
func TestStuckWithAnExactList(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	w := r.plan(t, ready(""), "s.do", "s.final", "s.do", "s.do")
	r.stage.before["do 4"] = always(fault.New(fault.Invalid, "no"))
	w = r.finish(t, w.ID)
	r.check(t, w)
	if w.State != execution.WorkflowStuck || !slices.Equal(w.Stands, []int{2, 1}) || !slices.Equal(w.Undone, []int{3}) {
		t.Errorf("it is %s, stands %v, undone %v (%s)", w.State, w.Stands, w.Undone, w.Reason)
	}
	if pages := r.pages(t, "workflow"); len(pages) != 1 || pages[0].Count != 1 {
		t.Errorf("pages %+v, want one", pages)
	}
	before := r.get(t, "x1")
	if _, err := r.machine.Revert(t.Context(), "x1", "github:ann", "please"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a whole that cannot be undone: %v, want a conflict", err)
	}
	if diff := cmp.Diff(before, r.get(t, "x1")); diff != "" {
		t.Errorf("the refusal changed something:\n%s", diff)
	}
}
