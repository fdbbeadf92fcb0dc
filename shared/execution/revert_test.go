package execution_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// F16: an undo that is refused for ever is tried five times, then its resource
// is quarantined and one page raised; a person can try again.
func TestF16UndoRefusedForEver(t *testing.T) {
	t.Parallel()
	for reason, refusal := range map[string]func() error{
		"not allowed":                       always(fault.New(fault.Forbidden, "not allowed")),
		"GitHub is down":                    always(errDown),
		"slow down":                         always(errRate),
		"the workers that tried died on it": func() error { panic("undo") },
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			r := newSagaRig(t)
			w := r.plan(t, ready(""), five()...)
			r.stage.before["do 4"] = always(fault.New(fault.Invalid, "no"))
			r.stage.before["undo 2"] = refusal
			w = r.finish(t, w.ID)
			r.check(t, w)
			if calls := r.stage.calls["undo 2"]; calls != execution.MaxUndos {
				t.Errorf("the undo was tried %d times, want %d", calls, execution.MaxUndos)
			}
			if w.State != execution.WorkflowStuck || !slices.Equal(w.Stands, []int{2, 1}) || !slices.Equal(w.Undone, []int{3}) {
				t.Errorf("it is %s, stands %v, undone %v (%s)", w.State, w.Stands, w.Undone, w.Reason)
			}
			x := r.wantState(t, "x2", execution.RevertFailed)
			if x.Reason != reason {
				t.Errorf("the reason is %q, want %q", x.Reason, reason)
			}
			f, frozen, err := control.Frozen(t.Context(), r.store, control.Resource(x.Resource))
			if err != nil || !frozen || f.By != execution.ActorQuarantine {
				t.Errorf("the resource is frozen: %t by %s, %v", frozen, f.By, err)
			}
			if pages := r.pages(t, "quarantine"); len(pages) != 1 || pages[0].Count != 1 || !strings.Contains(pages[0].Do, x.ID) {
				t.Errorf("pages %+v, want one that says what to do", pages)
			}
			if len(r.pages(t, "workflow")) != 0 {
				t.Error("two pages for one trouble")
			}
			r.stage.before["undo 2"] = nil // a person has mended it, and tries again under the quarantine
			if _, err := r.machine.Revert(t.Context(), "x2", "github:ann", "mended"); err != nil {
				t.Fatal(err)
			}
			w = r.finish(t, w.ID)
			r.check(t, w)
			if w.State != execution.WorkflowUndone {
				t.Errorf("after a person's try it is %s (%s)", w.State, w.Reason)
			}
		})
	}
}

// Quarantine, page and state are one: a commit that fails leaves none of them.
func TestQuarantineIsOneTransaction(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	x := in(execution.Reverting)
	x.Undo.Tries = execution.MaxUndos
	r.put(t, x)
	r.faults.reset(map[int]error{1: errCrash}, nil)
	if _, err := r.machine.UndoFailed(t.Context(), x, "no"); err == nil {
		t.Fatal("the commit did not fail")
	}
	if _, frozen, _ := control.Frozen(t.Context(), r.store, control.Resource(x.Resource)); frozen || len(r.pages(t, "quarantine")) != 0 {
		t.Error("a failed commit left a freeze or a page")
	}
	if _, err := r.machine.UndoFailed(t.Context(), x, "no"); err != nil {
		t.Fatal(err)
	}
	if _, frozen, _ := control.Frozen(t.Context(), r.store, control.Resource(x.Resource)); !frozen || len(r.pages(t, "quarantine")) != 1 {
		t.Error("a commit left no freeze or no page")
	}
	bare := execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock})
	r.put(t, x)
	if _, err := bare.UndoFailed(t.Context(), x, "no"); err == nil || r.get(t, "x").State != execution.Reverting {
		t.Errorf("without brakes: %v; it must not end without a quarantine", err)
	}
}

// A person undoes what is done, whole, and is told when that is not possible.
func TestRevertOnRequest(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	w := r.plan(t, ready(""), "s.do", "s.do", "s.do")
	if _, err := r.machine.Revert(t.Context(), "x1", "github:ann", "wrong"); !fault.Is(err, fault.Conflict) {
		t.Errorf("while it runs: %v, want a conflict", err)
	}
	if w = r.finish(t, w.ID); w.State != execution.WorkflowDone {
		t.Fatalf("it is %s (%s)", w.State, w.Reason)
	}
	r.check(t, w)
	r.clock.Advance(time.Second)
	if _, err := r.machine.Revert(t.Context(), "x2", "github:ann", "wrong"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.machine.Revert(t.Context(), "x1", "github:bob", "me too"); !fault.Is(err, fault.Conflict) {
		t.Errorf("while it is being undone: %v, want a conflict", err)
	}
	w = r.finish(t, w.ID)
	r.check(t, w)
	if diff := cmp.Diff([]string{"3", "2", "1"}, r.stage.undone()); w.State != execution.WorkflowUndone || diff != "" {
		t.Errorf("it is %s:\n%s", w.State, diff)
	}
	if _, err := r.machine.Revert(t.Context(), "x2", "github:ann", "again"); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v, want a conflict", err)
	}
	want := []string{ // those of one instant have no order among them
		"execution.claimed reverting→reverting", "execution.reverted reverting→reverted",
		"execution.undo_intended reverting→reverting", "execution.undo_wanted succeeded→reverting",
	}
	got := slices.DeleteFunc(r.verbs(t, "executions/x3"), func(v string) bool { return !strings.Contains(v, "revert") })
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	got = r.verbs(t, "workflows/"+w.ID)
	if diff := cmp.Diff([]string{"workflow.done running→done", "workflow.compensating done→compensating", "workflow.undone compensating→undone"}, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// What an execution without a workflow did is undone alone.
func TestRevertAlone(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	x := ready("x")
	x.Action, x.Reversible = "s.do", true
	nothing, final := x, x
	nothing.ID, final.ID = "nothing", "final"
	nothing.Target.ID, final.Target.ID, final.Action, final.Reversible = "13", "14", "s.final", false
	r.stage.on["13"] = true
	r.put(t, x, nothing, final)
	for _, id := range []string{"x", "nothing", "final"} {
		r.drain(t, id)
		r.wantState(t, id, execution.Succeeded)
	}
	for id, why := range map[string]string{"nothing": "changed nothing", "final": "cannot be undone"} {
		if _, err := r.machine.Revert(t.Context(), id, "github:ann", "wrong"); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want a conflict that says %q", id, err, why)
		}
	}
	x, err := r.machine.Revert(t.Context(), "x", "github:ann", "wrong")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.machine.Wake(t.Context(), r.tasks, x); err != nil || r.tasks.last(t).Queue != execution.Queue {
		t.Errorf("nothing was queued: %v", err)
	}
	r.drain(t, "x")
	if x = r.wantState(t, "x", execution.Reverted); x.Outcome != "" || r.stage.on["12"] || x.Undo.By != "github:ann" || x.Undo.Tries != 1 {
		t.Errorf("outcome %q, undo %+v", x.Outcome, x.Undo)
	}
}

// A freeze stops a plan between its steps, and holds up undoing until it is
// lifted; what limits and policies say does not.
func TestFreezeBetweenSteps(t *testing.T) {
	t.Parallel()
	refused := ""
	r := newSagaRig(t, func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) { return refused, nil })
	w := r.plan(t, ready(""), "s.do", "s.do", "s.do")
	controls := control.Controls{Store: r.store, Clock: r.clock}
	r.stage.after["do 2"] = func() error {
		_, err := controls.Set(t.Context(), control.Global, "github:ann", "stop")
		return err
	}
	r.try(t, "x1")
	r.try(t, "x2")
	r.try(t, "x3")
	if x := r.wantState(t, "x3", execution.Blocked); !strings.Contains(x.Reason, "stop") || r.stage.calls["do 3"] != 0 {
		t.Errorf("step 3: %s, begun %d times", x.Reason, r.stage.calls["do 3"])
	}
	for range 3 {
		r.try(t, "x2")
		r.clock.Advance(2 * time.Minute)
	}
	x := r.wantState(t, "x2", execution.Reverting)
	if r.stage.calls["undo 2"] != 0 || !strings.HasPrefix(x.Reason, "undoing waits: frozen (global)") || x.Undo.Claims != 0 {
		t.Errorf("undone %d times while frozen: %s, %+v", r.stage.calls["undo 2"], x.Reason, x.Undo)
	}
	if waits := slices.DeleteFunc(r.verbs(t, "executions/x2"), func(v string) bool { return !strings.HasPrefix(v, "execution.undo_waits") }); len(waits) != 1 {
		t.Errorf("%d records that it waits, want one", len(waits))
	}
	refused = "limit reached" // an undo is not asked for what would run again
	if err := controls.Lift(t.Context(), control.Global, "github:ann"); err != nil {
		t.Fatal(err)
	}
	w = r.finish(t, w.ID)
	r.check(t, w)
	if w.State != execution.WorkflowUndone {
		t.Errorf("it is %s (%s)", w.State, w.Reason)
	}
}

// The gate lets a person undo in quarantine, but not under a person's freeze.
func TestUndoUnderAFreezeOfItsResource(t *testing.T) {
	t.Parallel()
	for by, state := range map[string]execution.State{execution.ActorQuarantine: execution.Reverted, "github:ann": execution.Reverting} {
		r := newSagaRig(t)
		x := in(execution.Reverting)
		x.Action, x.Plan = "s.do", &action.Plan{Effects: []action.Effect{{Verb: "switch on"}}}
		r.put(t, x)
		if _, err := (control.Controls{Store: r.store, Clock: r.clock}).Set(t.Context(), control.Resource(x.Resource), by, "held"); err != nil {
			t.Fatal(err)
		}
		r.try(t, "x")
		r.wantState(t, "x", state)
	}
}

// A worker that was held up while it undid does not write over who took over.
func TestStaleUndoIsFenced(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	r.put(t, in(execution.Reverting))
	first, err := r.machine.Claim(t.Context(), "x", "one")
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(2 * lease)
	if _, err := r.machine.Claim(t.Context(), "x", "two"); err != nil {
		t.Fatal(err)
	}
	for name, late := range map[string]func() error{
		"intend": func() error { _, err := r.machine.IntendUndo(t.Context(), first); return err },
		"undone": func() error { _, err := r.machine.Undone(t.Context(), first, ""); return err },
		"retry":  func() error { _, err := r.machine.RetryUndo(t.Context(), first, start, ""); return err },
		"failed": func() error { _, err := r.machine.UndoFailed(t.Context(), first, ""); return err },
	} {
		if err := late(); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s by the first worker: %v, want a conflict", name, err)
		}
	}
}
