package actiontest

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func plan(t *testing.T, w World) action.Plan {
	t.Helper()
	p, err := w.Action.Plan(t.Context(), w.Request)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	return p
}

func wantEffects(t *testing.T, w World, want int) {
	t.Helper()
	if n := w.Effects(); n != want {
		t.Errorf("%d effects, want %d", n, want)
	}
}

func planWritesNothing(t *testing.T, w World) {
	t.Helper()
	before := w.State()
	p := plan(t, w)
	if len(p.Effects) == 0 {
		t.Error("the plan has no effect though one is wanted")
	}
	wantEffects(t, w, 0)
	if after := w.State(); after != before {
		t.Errorf("Plan changed %s to %s", before, after)
	}
}

func applyOnce(t *testing.T, w World) {
	t.Helper()
	p := plan(t, w)
	res, err := w.Action.Apply(t.Context(), w.Request, p)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	wantEffects(t, w, 1)
	if got, err := w.Action.Verify(t.Context(), w.Request, res); got != action.Worked {
		t.Errorf("Verify after Apply: %s, %v", got, err)
	}
	if w.Action.Spec().Class == action.ClassC {
		return // whether it was done cannot be seen
	}
	if p := plan(t, w); len(p.Effects) != 0 {
		t.Errorf("the plan after Apply still has %v", p.Effects)
	}
}

func revert(t *testing.T, w World) {
	t.Helper()
	reverter, ok := w.Action.(action.Reverter)
	if !ok {
		return
	}
	before := w.State()
	p := plan(t, w)
	res, err := w.Action.Apply(t.Context(), w.Request, p)
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	if w.State() == before {
		t.Fatal("State does not show the effect")
	}
	for range 2 {
		if err := reverter.Revert(t.Context(), w.Request, p, res); err != nil {
			t.Fatalf("Revert: %v", err)
		}
		if after := w.State(); after != before {
			t.Errorf("after Revert:\n%s\nbefore Apply:\n%s", after, before)
		}
	}
	if got, err := w.Action.Verify(t.Context(), w.Request, res); got != action.Failed {
		t.Errorf("Verify after Revert: %s, %v", got, err)
	}
}

// troubled breaks the world before Plan, and in another step before Apply.
func troubled(t *testing.T, w World, trouble Trouble) {
	t.Helper()
	p := plan(t, w)
	w.Break(trouble)
	want := kinds[trouble]
	if trouble != Denied { // reading may still be allowed
		if _, err := w.Action.Plan(t.Context(), w.Request); !fault.Is(err, want) {
			t.Errorf("Plan: %v, want %s", err, want)
		}
	}
	if _, err := w.Action.Apply(t.Context(), w.Request, p); !fault.Is(err, want) {
		t.Errorf("Apply: %v, want %s", err, want)
	}
	wantEffects(t, w, 0)
	if trouble == RateLimited {
		return // it lasts
	}
	w.Break(None)
	if _, err := w.Action.Apply(t.Context(), w.Request, p); err != nil {
		t.Errorf("Apply once it is over: %v", err)
	}
	wantEffects(t, w, 1)
}
