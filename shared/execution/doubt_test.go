package execution_test

import (
	"context"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// drain runs x whenever it is due, until it is final.
func (r *rig) drain(t *testing.T, id string) {
	t.Helper()
	for range 60 {
		x := r.get(t, id)
		if x.State.Terminal() {
			return
		}
		func() {
			defer func() { _ = recover() }() // the worker's harness
			_ = r.runner.Run(t.Context(), id)
		}()
		r.clock.Advance(2 * time.Minute)
	}
	t.Fatalf("execution %s does not end: %+v", id, r.get(t, id))
}

func TestRunGivesUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act      fake
		attempts int
		want     execution.State
	}{
		"nothing was begun":       {fake{class: action.ClassA, plan: always(errDown)}, execution.MaxAttempts, execution.Failed},
		"always refused":          {fake{class: action.ClassC, apply: always(errRate)}, 2 * execution.MaxAttempts, execution.Failed},
		"the effect may be made":  {fake{class: action.ClassA, apply: always(errDown)}, execution.MaxAttempts, execution.Uncertain},
		"the worker always dies":  {fake{class: action.ClassA, plan: func() error { panic("plan") }}, 2*execution.MaxAttempts + 1, execution.Failed},
		"reading back kills it":   {fake{class: action.ClassA, verify: func() (action.Outcome, error) { panic("verify") }}, 1, execution.Uncertain},
		"it dies with the effect": {fake{class: action.ClassA, apply: func() error { panic("apply") }}, 2*execution.MaxAttempts + 1, execution.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, of(&c.act))
			x := ready("x")
			x.Class = c.act.class
			r.put(t, x)
			r.drain(t, "x")
			if x = r.wantState(t, "x", c.want); x.Attempt != c.attempts {
				t.Errorf("it took %d attempts, want %d", x.Attempt, c.attempts)
			}
		})
	}
}

func TestLookAgainIsBounded(t *testing.T) {
	t.Parallel()
	looks := 0
	f := &fake{class: action.ClassC, verify: func() (action.Outcome, error) { looks++; return "", errDown }}
	r := newRig(t, of(f))
	x := ready("x")
	x.Class = action.ClassC
	r.put(t, x)
	r.drain(t, "x")
	r.wantState(t, "x", execution.Uncertain)
	if looks != execution.MaxAttempts+1 || f.world.effects != 1 {
		t.Errorf("%d looks at %d effects, want %d at 1", looks, f.world.effects, execution.MaxAttempts+1)
	}
}

// An effect that took all of the request's time is recorded all the same.
func TestEffectIsRecordedAfterTheDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{class: action.ClassC, applied: func() error { cancel(); return nil }}
	r := newRig(t, of(f))
	x := ready("x")
	x.Class = action.ClassC
	r.put(t, x)
	if err := r.runner.Run(ctx, "x"); err != nil {
		t.Fatal(err)
	}
	r.wantState(t, "x", execution.Succeeded)
}

func TestRunOfNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if err := r.runner.Run(t.Context(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown execution: %v, want not found", err)
	}
	r.put(t, ready("x")) // of an action that this version does not have
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	r.wantState(t, "x", execution.Failed)
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Errorf("a final execution: %v, want nothing to do", err)
	}
}

func TestClassBWithoutProbeIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	f := &fake{class: action.ClassB, world: &world{}, applied: always(errDown)}
	r := newRig(t, f) // no Prober
	x := ready("x")
	x.Class = action.ClassB
	r.put(t, x)
	r.drain(t, "x")
	r.wantState(t, "x", execution.Uncertain)
	if f.world.effects != 1 {
		t.Errorf("%d effects, want 1", f.world.effects)
	}
}

func TestRefusalAfterAnIntentIsUncertain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  fake
		want execution.State
	}{
		"the answer was lost": {fake{class: action.ClassA, apply: always(errDown)}, execution.Uncertain},
		"the worker died":     {fake{class: action.ClassA, apply: func() error { panic("apply") }}, execution.Uncertain},
		"the target refused":  {fake{class: action.ClassA, apply: always(errRate)}, execution.Blocked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frozen := ""
			r := newRig(t, of(&c.act), func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) { return frozen, nil })
			r.put(t, ready("x"))
			func() {
				defer func() { _ = recover() }()
				_ = r.runner.Run(t.Context(), "x")
			}()
			frozen = "frozen"
			r.clock.Advance(2 * lease)
			if err := r.runner.Run(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
			r.wantState(t, "x", c.want)
		})
	}
}
