package execution_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// sagaRig is a rig whose actions are those of a stage: "s.do" and "s.probed" can
// be undone, "s.final" cannot.
type sagaRig struct {
	*rig
	stage *stage
}

func newSagaRig(t *testing.T, gates ...execution.Gate) *sagaRig {
	t.Helper()
	r := &sagaRig{rig: newRig(t, nil), stage: newStage()}
	spec := func(name string, class action.Class, reversible bool) action.Spec {
		return action.Spec{Name: name, Kind: "issue", Class: class, Reversible: reversible}
	}
	registry, err := action.NewRegistry(undoable{act{r.stage, spec("s.do", action.ClassA, true)}},
		probed{undoable{act{r.stage, spec("s.probed", action.ClassB, true)}}}, act{r.stage, spec("s.final", action.ClassA, false)})
	if err != nil {
		t.Fatal(err)
	}
	r.machine = execution.NewMachine(execution.Deps{
		Store: r.store, Clock: r.clock, Lease: lease, Gates: append([]execution.Gate{control.Gate}, gates...),
		UndoGates: []execution.Gate{control.UndoGate}, Brakes: control.Brakes{},
	})
	r.runner.Machine, r.runner.Actions = r.machine, registry
	return r
}

// plan stores a workflow of steps of these actions and returns it; the first
// step is as first makes it.
func (r *sagaRig) plan(t *testing.T, first execution.Execution, actions ...string) execution.Workflow {
	t.Helper()
	return r.planNamed(t, "x", first, actions...)
}

// planNamed is plan whose executions' ids begin so; all work on one resource.
func (r *sagaRig) planNamed(t *testing.T, prefix string, first execution.Execution, actions ...string) execution.Workflow {
	t.Helper()
	xs := make([]execution.Execution, len(actions))
	for i, name := range actions {
		xs[i] = first
		xs[i].ID, xs[i].Step, xs[i].Action = fmt.Sprint(prefix, i+1), i+1, name
		act, err := r.runner.Actions.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		xs[i].Class, xs[i].Reversible = act.Spec().Class, act.Spec().Reversible
		xs[i].Target.ID = strings.TrimPrefix(fmt.Sprint(prefix, i+1), "x")
		if prefix == "x" {
			xs[i].Resource = xs[i].Target.String()
		}
	}
	w := execution.NewWorkflow(xs)
	err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: execution.Workflows, ID: w.ID}, w)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, xs...)
	return w
}

func (r *sagaRig) workflow(t *testing.T, id string) execution.Workflow {
	t.Helper()
	w, err := r.machine.Workflow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// finish lets only the sweeper wake what is to be done, until w has ended:
// tasks are a hint.
func (r *sagaRig) finish(t *testing.T, id string) execution.Workflow {
	t.Helper()
	for range 80 {
		w := r.workflow(t, id)
		if w.State.Ended() {
			return w
		}
		r.tasks.mu.Lock()
		r.tasks.queued, r.tasks.names = nil, nil
		r.tasks.mu.Unlock()
		r.clock.Advance(2 * time.Minute)
		if _, err := r.sweeper(10).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, q := range r.tasks.queued {
			var body execution.TaskBody
			if err := json.Unmarshal(q.Body, &body); err != nil {
				t.Fatal(err)
			}
			r.try(t, body.Execution)
		}
	}
	w := r.workflow(t, id)
	t.Fatalf("workflow %s does not end: %+v", id, w)
	return w
}

// try runs one execution as a worker would, which may die on it.
func (r *sagaRig) try(t *testing.T, id string) {
	t.Helper()
	defer func() { _ = recover() }()
	_ = r.runner.Run(t.Context(), id)
}

// tryUntil runs the first step and that of id until the latter is in a state.
func (r *sagaRig) tryUntil(t *testing.T, id string, state execution.State) execution.Execution {
	t.Helper()
	for range 40 {
		if x := r.get(t, id); x.State == state {
			return x
		}
		r.clock.Advance(2 * time.Minute)
		r.try(t, "x1")
		r.try(t, id)
	}
	return r.wantState(t, id, state)
}

// check holds w to the stage: the lists are exact, what was undone was undone
// once and in reverse, and the records are a chain.
func (r *sagaRig) check(t *testing.T, w execution.Workflow) {
	t.Helper()
	var stands, undone []int
	for _, s := range w.Steps {
		x := r.get(t, s.Execution)
		if s.State != x.State {
			t.Errorf("the workflow has step %d as %s, it is %s", s.Step, s.State, x.State)
		}
		if r.stage.on[x.Target.ID] {
			stands = append(stands, s.Step)
		}
		if x.State == execution.Reverted {
			undone = append(undone, s.Step)
		}
		if !x.State.Terminal() || x.FinishedAt == nil {
			t.Errorf("step %d is %s, finished at %v, though the workflow is %s", s.Step, x.State, x.FinishedAt, w.State)
		}
		count := 0
		for _, rec := range r.records(t, x.ID) {
			if rec.Verb == "execution.reverted" {
				count++
			}
		}
		if want := map[bool]int{true: 1}[x.State == execution.Reverted]; count != want {
			t.Errorf("step %d is %s with %d records of an undo, want %d", s.Step, x.State, count, want)
		}
	}
	slices.Reverse(stands)
	slices.Reverse(undone)
	if !slices.Equal(stands, w.Stands) || !slices.Equal(undone, w.Undone) {
		t.Errorf("the workflow says that %v stand and %v were undone; really %v and %v", w.Stands, w.Undone, stands, undone)
	}
	got := r.stage.undone()
	if !slices.IsSortedFunc(got, func(a, b string) int { return cmp.Compare(b, a) }) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("the order of undoing is %v; want each once, last first", got)
	}
	switch w.State {
	case execution.WorkflowDone:
		if len(w.Stands) != len(w.Steps) {
			t.Errorf("it is done, and %v of %d steps stand", w.Stands, len(w.Steps))
		}
	case execution.WorkflowUndone:
		if len(w.Stands) != 0 {
			t.Errorf("it is undone, and %v stand", w.Stands)
		}
	case execution.WorkflowStuck:
		if len(w.Stands) == 0 {
			t.Error("it is stuck, and nothing stands")
		}
	default:
		t.Errorf("it ended %s", w.State)
	}
	if w.FinishedAt == nil {
		t.Error("it has ended without a time")
	}
}

func (r *rig) pages(t *testing.T, kind string) []page.Page {
	t.Helper()
	all, _, err := store.List[page.Page](t.Context(), r.store, store.Query{Collection: page.Collection, Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(p page.Page) bool { return p.Kind != kind })
}

// verbs returns the records of one document, as "verb from→to".
func (r *sagaRig) verbs(t *testing.T, subject string) []string {
	t.Helper()
	list, _, err := store.List[audit.Record](t.Context(), r.store, store.Query{
		Collection: audit.Collection, OrderBy: "recorded_at", Limit: store.MaxPage,
		Where: []store.Filter{{Field: "subject", Op: store.Eq, Value: subject}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(list))
	for i, rec := range list {
		out[i] = fmt.Sprintf("%s %s→%s", rec.Verb, rec.From, rec.To)
	}
	return out
}

func five() []string { return slices.Repeat([]string{"s.do"}, 5) }
