package execution_test

import (
	"slices"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// An effect in doubt that a probe can find is looked for before it is undone:
// one that was not made needs no undo, and none is tried.
func TestDoubtIsProbedBeforeItIsUndone(t *testing.T) {
	t.Parallel()
	for name, arrives := range map[string]bool{"it came late": true, "it never came": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSagaRig(t)
			w := r.plan(t, ready(""), "s.do", "s.probed", "s.do")
			r.stage.before["do 2"] = always(errDown)
			for r.get(t, "x2").State != execution.Reverting {
				r.clock.Advance(2 * time.Minute)
				r.try(t, "x1")
				r.try(t, "x2")
			}
			r.stage.on["2"] = arrives
			w = r.finish(t, w.ID)
			r.check(t, w)
			if want := map[bool]int{true: 1}[arrives]; w.State != execution.WorkflowUndone || r.stage.calls["undo 2"] != want {
				t.Errorf("it is %s (%s), with %d undos of step 2, want %d", w.State, w.Reason, r.stage.calls["undo 2"], want)
			}
			if x := r.get(t, "x2"); !arrives && x.Undo.Tries != 0 {
				t.Errorf("an undo was tried: %+v", x.Undo)
			}
		})
	}
}

// What ends the first step's waiting ends the whole, before anything is done.
func TestAnswersEndTheWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		category execution.Category
		answer   func(*testing.T, *sagaRig)
		first    execution.State
		later    execution.State
		state    execution.WorkflowState
	}{
		"rejected": {execution.Manual, func(t *testing.T, r *sagaRig) {
			t.Helper()
			if _, err := r.machine.Reject(t.Context(), "x1", "github:ann", "no"); err != nil {
				t.Fatal(err)
			}
		}, execution.Rejected, execution.Rejected, execution.WorkflowUndone},
		"vetoed": {execution.Alert, func(t *testing.T, r *sagaRig) {
			t.Helper()
			if _, err := r.machine.Reject(t.Context(), "x1", "github:ann", "no"); err != nil {
				t.Fatal(err)
			}
		}, execution.Rejected, execution.Rejected, execution.WorkflowUndone},
		"nobody approves": {execution.Manual, func(*testing.T, *sagaRig) {}, execution.Expired, execution.Superseded, execution.WorkflowUndone},
		"nobody vetoes":   {execution.Alert, func(*testing.T, *sagaRig) {}, execution.Succeeded, execution.Succeeded, execution.WorkflowDone},
		"approved": {execution.Manual, func(t *testing.T, r *sagaRig) {
			t.Helper()
			if _, err := r.machine.Approve(t.Context(), "x1", "github:ann", "yes"); err != nil {
				t.Fatal(err)
			}
		}, execution.Succeeded, execution.Succeeded, execution.WorkflowDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSagaRig(t)
			w := r.plan(t, waiting("", c.category), "s.do", "s.do", "s.do")
			if x := r.get(t, "x2"); x.Deadline != nil || x.State != execution.Planned {
				t.Errorf("step 2 waits by itself: %s, deadline %v", x.State, x.Deadline)
			}
			r.try(t, "x2") // a stray task
			r.wantState(t, "x2", execution.Planned)
			c.answer(t, r)
			w = r.finish(t, w.ID)
			r.wantState(t, "x1", c.first)
			r.wantState(t, "x2", c.later)
			r.wantState(t, "x3", c.later)
			r.check(t, w)
			if w.State != c.state || len(r.stage.undone()) != 0 {
				t.Errorf("it is %s (%s), %v undone", w.State, w.Reason, r.stage.undone())
			}
		})
	}
}

// Each step is begun by the worker that ended the one before: without a
// sweeper, and also when that worker died between its commit and its queueing.
func TestStepsWakeEachOther(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	w := r.plan(t, ready(""), five()...)
	for i, id := range []string{"x1", "x2", "x3", "x4", "x5"} {
		r.tasks.queued = nil
		if i == 2 { // the worker's task is called again, and finds its execution final
			r.tasks.fail = func(task.Task) error { return errDown }
			r.try(t, id)
			r.tasks.fail = nil
		}
		r.try(t, id)
		if i < 4 && !slices.ContainsFunc(r.tasks.queued, func(q task.Task) bool { return string(q.Body) == `{"execution":"x`+string(rune('2'+i))+`"}` }) {
			t.Errorf("after %s there were queued %+v", id, r.tasks.queued)
		}
	}
	w = r.workflow(t, w.ID)
	r.check(t, w)
	if w.State != execution.WorkflowDone || w.Metrics.Attempts != 5 || w.Metrics.Undos != 0 {
		t.Errorf("it is %s, %+v", w.State, w.Metrics)
	}
	r.clock.Advance(time.Minute)
	if _, err := r.machine.Revert(t.Context(), "x1", "github:ann", "no"); err != nil {
		t.Fatal(err)
	}
	if w = r.finish(t, w.ID); w.Metrics.Undos != 5 || w.Metrics.DurationMS < time.Minute.Milliseconds() {
		t.Errorf("it is %s, %+v", w.State, w.Metrics)
	}
}
