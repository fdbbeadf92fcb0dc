package execution_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// careful asks before each of two requests, for its effect and for undoing it;
// the brake is pulled before the request number stop, from 0.
type careful struct {
	*fake
	brake *bool
	stop  int
	made  []string
}

func (c *careful) requests(ctx context.Context, what string) error {
	for n := range 2 {
		if n == c.stop {
			*c.brake, c.stop = true, -1
		}
		if err := permit.Ask(ctx); err != nil {
			return err
		}
		c.made = append(c.made, what)
	}
	return nil
}

func (c *careful) Apply(ctx context.Context, _ action.Request, _ action.Plan) (action.Result, error) {
	return action.Result{ID: "1"}, c.requests(ctx, "do")
}

func (c *careful) Revert(ctx context.Context, _ action.Request, _ action.Plan, _ action.Result) error {
	return c.requests(ctx, "undo")
}

// newBraked is a rig whose gates all go by brake.
func newBraked(t *testing.T, class action.Class, stop int) (*rig, *careful) {
	t.Helper()
	c := &careful{fake: &fake{class: class, world: &world{}}, brake: new(bool), stop: stop}
	r := newRig(t, c)
	gate := func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) {
		if *c.brake {
			return "frozen by ann", nil
		}
		return "", nil
	}
	gates := []execution.Gate{gate}
	r.machine = execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Lease: lease, Gates: gates, Holds: gates, UndoGates: gates})
	r.runner.Machine = r.machine
	x := ready("x")
	x.Class, x.Reversible = class, true
	r.put(t, x)
	return r, c
}

func (r *rig) once(t *testing.T) execution.Execution {
	t.Helper()
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	return r.get(t, "x")
}

// What was stopped before a request is held up as it was before: neither failed
// nor in doubt, and no attempt is counted. A part that was made is remembered.
func TestHeldBetweenIntentAndRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class    action.Class
		stop     int
		intent   int
		attempts int
		end      execution.State
		made     []string
	}{
		"A, nothing left":    {action.ClassA, 0, 0, 1, execution.Succeeded, []string{"do", "do"}},
		"C, nothing left":    {action.ClassC, 0, 0, 1, execution.Succeeded, []string{"do", "do"}},
		"A, a part was made": {action.ClassA, 1, 1, 2, execution.Succeeded, []string{"do", "do", "do"}},
		"C, a part was made": {action.ClassC, 1, 1, 2, execution.Uncertain, []string{"do"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, act := newBraked(t, c.class, c.stop)
			for range 10 { // each minute it asks again
				x := r.once(t)
				if x.State != execution.Ready || !x.Held || x.Intent != c.intent || x.Attempt != c.intent || x.Reason != "waits: frozen by ann" {
					t.Fatalf("it is %s, held: %t, intent %d, attempt %d: %s", x.State, x.Held, x.Intent, x.Attempt, x.Reason)
				}
				task := r.tasks.last(t)
				if wait := task.At.Sub(r.clock.Now()); wait <= 0 || wait > time.Minute {
					t.Fatalf("it is looked at again after %s", wait)
				}
				r.clock.Advance(time.Minute)
			}
			if n := len(r.records(t, "x")); n != 3 { // claimed, intended, held
				t.Errorf("%d records of waiting, want 3", n)
			}
			*act.brake = false
			if err := execution.WakeHeld(t.Context(), r.store, r.tasks, r.clock.Now()); err != nil {
				t.Fatal(err)
			}
			if at := r.tasks.last(t).At; !at.Equal(r.clock.Now()) {
				t.Errorf("it is woken at %s", at)
			}
			x := r.once(t)
			if x.State != c.end || x.Held || x.Attempt != c.attempts {
				t.Errorf("it is %s, held: %t, after %d attempts: %s", x.State, x.Held, x.Attempt, x.Reason)
			}
			if diff := cmp.Diff(c.made, act.made); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// A worker that died with its request leaves what is looked for when the freeze
// is lifted, and not before.
func TestHeldAfterAWorkerDied(t *testing.T) {
	t.Parallel()
	r, act := newBraked(t, action.ClassA, -1)
	x, err := r.machine.Claim(t.Context(), "x", "dead")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.machine.Intend(t.Context(), x, action.Plan{}); err != nil {
		t.Fatal(err)
	}
	*act.brake = true
	r.clock.Advance(2 * lease)
	if x := r.once(t); x.State != execution.Ready || !x.Held || x.Intent != 1 {
		t.Errorf("it is %s, held: %t, intent %d: %s", x.State, x.Held, x.Intent, x.Reason)
	}
	*act.brake = false
	if x := r.once(t); x.State != execution.Succeeded || x.Held {
		t.Errorf("it is %s: %s", x.State, x.Reason)
	}
}

// What had not begun is blocked.
func TestNotBegunIsBlocked(t *testing.T) {
	t.Parallel()
	r, act := newBraked(t, action.ClassA, -1)
	*act.brake = true
	if x := r.once(t); x.State != execution.Blocked || x.Held {
		t.Errorf("it is %s, held: %t", x.State, x.Held)
	}
}

// An undo that is stopped before a request counts no try.
func TestUndoHeldBeforeItsRequest(t *testing.T) {
	t.Parallel()
	for stop, tries := range []int{0, 1} {
		r, act := newBraked(t, action.ClassA, -1)
		r.once(t)
		if _, err := r.machine.Revert(t.Context(), "x", "ann", "wrong"); err != nil {
			t.Fatal(err)
		}
		act.stop = stop
		if x := r.once(t); x.State != execution.Reverting || !x.Held || x.Undo.Tries != tries || x.Undo.Claims != 0 || x.Reason != "undoing waits: frozen by ann" {
			t.Errorf("stopped before request %d it is %s, held: %t, %+v: %s", stop, x.State, x.Held, *x.Undo, x.Reason)
		}
		*act.brake = false
		if x := r.once(t); x.State != execution.Reverted || x.Held {
			t.Errorf("it is %s, held: %t: %s", x.State, x.Held, x.Reason)
		}
	}
}

// What another worker claims while a claim learns of a freeze stays that
// worker's: the refusal was of what was there before.
func TestHeldLeavesAnothersClaimAlone(t *testing.T) {
	t.Parallel()
	r, _ := newBraked(t, action.ClassA, -1)
	free := execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Lease: lease})
	claims := 0
	late := func(ctx context.Context, _ store.Tx, _ execution.Execution, _ time.Time) (string, error) {
		if claims++; claims > 1 {
			return "", nil
		}
		_, err := free.Claim(ctx, "x", "another")
		return "frozen by ann", err
	}
	if _, err := free.Claim(t.Context(), "x", "dead"); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(2 * lease)
	m := execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Lease: lease, Holds: []execution.Gate{late}})
	if _, err := m.Claim(t.Context(), "x", "late"); err == nil {
		t.Error("the claim was not refused")
	}
	if x := r.get(t, "x"); x.State != execution.Running || x.Held || x.Lease.Owner != "another" {
		t.Errorf("it is %s, held: %t, of %s: %s", x.State, x.Held, x.Lease.Owner, x.Reason)
	}
}

// An answer about freezes that a slow store took long to give is asked for
// again: a freeze may have come meanwhile.
func TestSlowAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	r, act := newBraked(t, action.ClassA, -1)
	asked := 0
	slow := func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) {
		if asked++; asked > 1 {
			return "frozen by ann", nil
		}
		r.clock.Advance(time.Second)
		return "", nil
	}
	r.machine = execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Lease: lease, Holds: []execution.Gate{slow}})
	r.runner.Machine = r.machine
	if x := r.once(t); len(act.made) > 0 || !x.Held || x.State != execution.Ready {
		t.Errorf("it made %q and is %s, held: %t: %s", act.made, x.State, x.Held, x.Reason)
	}
}

// A worker that stood still while it claimed sends nothing: its lease is over
// before it begins.
func TestStoppedWhileClaiming(t *testing.T) {
	t.Parallel()
	r, act := newBraked(t, action.ClassB, -1)
	still := func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) {
		r.clock.Advance(2 * lease)
		return "", nil
	}
	r.machine = execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Lease: lease, Gates: []execution.Gate{still}})
	r.runner.Machine = r.machine
	if err := r.runner.Run(t.Context(), "x"); err == nil {
		t.Error("the task is not run again")
	}
	if x := r.get(t, "x"); len(act.made) > 0 || x.State == execution.Succeeded {
		t.Errorf("it made %q under a lease that was over, and is %s: %s", act.made, x.State, x.Reason)
	}
}
