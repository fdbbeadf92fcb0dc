package execution_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
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
			r.tryUntil(t, "x2", execution.Reverting)
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

// unasked waits, and nobody was asked yet.
func unasked(c execution.Category) execution.Execution {
	x := waiting("", c)
	x.Round, x.ToldAt, x.PlanHash, x.Deadline, x.NotBefore, x.Window = 0, nil, "", nil, start, time.Hour
	return x
}

func (r *sagaRig) questions(t *testing.T) []approval.Approval {
	t.Helper()
	all, _, err := store.List[approval.Approval](t.Context(), r.store, store.Query{Collection: approval.Collection})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A first step that changes nothing does not let the others run unasked; and
// who is asked sees all of them.
func TestPeopleAreAskedAboutTheWhole(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	r.stage.on["1"] = true // as wanted already
	w := r.plan(t, unasked(execution.Manual), "s.do", "s.probed", "s.do")
	r.try(t, "x1")
	r.wantState(t, "x1", execution.Waiting)
	qs := r.questions(t)
	if len(qs) != 1 || len(qs[0].Then) != 2 || qs[0].Then[0].Action != "s.probed" || qs[0].Then[1].Resource != "octo/hello issue 3" {
		t.Fatalf("people were asked %+v", qs)
	}
	if _, err := r.machine.Answer(t.Context(), "x1", says(approval.Approve, "github:ann", "yes"), anybody); err != nil {
		t.Fatal(err)
	}
	w = r.finish(t, w.ID)
	if w.State != execution.WorkflowDone || len(r.questions(t)) != 1 || r.stage.calls["do 1"] != 0 {
		t.Errorf("it is %s (%s), %d questions", w.State, w.Reason, len(r.questions(t)))
	}
}

// renewing is an act whose target moved on since the event.
type renewing struct{ undoable }

func (a renewing) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	if r.Target.SHA != "new" {
		return action.Plan{}, fault.New(fault.Conflict, "its head has moved since the event")
	}
	return a.undoable.Plan(ctx, r)
}

func (renewing) Renew(_ context.Context, r action.Request) (action.Target, error) {
	r.Target.SHA = "new"
	return r.Target, nil
}

// What people approved is what is done: a later step does not follow its target
// to where nobody was asked about.
func TestLaterStepsAreNotRenewed(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	spec := action.Spec{Name: "s.renewing", Kind: "issue", Class: action.ClassA, Reversible: true}
	all := []action.Action{renewing{undoable{act{r.stage, spec}}}}
	for _, name := range []string{"s.do", "s.final"} {
		known, err := r.runner.Actions.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, known)
	}
	registry, err := action.NewRegistry(all...)
	if err != nil {
		t.Fatal(err)
	}
	r.runner.Actions = registry
	w := r.plan(t, unasked(execution.Manual), "s.do", "s.renewing")
	r.try(t, "x1")
	if _, err := r.machine.Answer(t.Context(), "x1", says(approval.Approve, "github:ann", "yes"), anybody); err != nil {
		t.Fatal(err)
	}
	w = r.finish(t, w.ID)
	r.check(t, w)
	if r.stage.calls["do 2"] != 0 || w.State != execution.WorkflowUndone || r.get(t, "x2").Target.SHA == "new" {
		t.Errorf("it is %s (%s); step 2 was done %d times", w.State, w.Reason, r.stage.calls["do 2"])
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
			if _, err := r.machine.Answer(t.Context(), "x1", says(approval.Reject, "github:ann", "no"), anybody); err != nil {
				t.Fatal(err)
			}
		}, execution.Rejected, execution.Rejected, execution.WorkflowUndone},
		"vetoed": {execution.Alert, func(t *testing.T, r *sagaRig) {
			t.Helper()
			if _, err := r.machine.Answer(t.Context(), "x1", says(approval.Reject, "github:ann", "no"), anybody); err != nil {
				t.Fatal(err)
			}
		}, execution.Rejected, execution.Rejected, execution.WorkflowUndone},
		"nobody approves": {execution.Manual, func(*testing.T, *sagaRig) {}, execution.Expired, execution.Superseded, execution.WorkflowUndone},
		"nobody vetoes":   {execution.Alert, func(*testing.T, *sagaRig) {}, execution.Succeeded, execution.Succeeded, execution.WorkflowDone},
		"approved": {execution.Manual, func(t *testing.T, r *sagaRig) {
			t.Helper()
			if _, err := r.machine.Answer(t.Context(), "x1", says(approval.Approve, "github:ann", "yes"), anybody); err != nil {
				t.Fatal(err)
			}
		}, execution.Succeeded, execution.Succeeded, execution.WorkflowDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSagaRig(t)
			w := r.plan(t, unasked(c.category), "s.do", "s.do", "s.do")
			r.try(t, "x1") // asks people
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
