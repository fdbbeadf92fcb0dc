package actiontest

import (
	"context"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func lostAnswer(t *testing.T, w World) {
	t.Helper()
	first := plan(t, w)
	if got, err := w.Action.Verify(t.Context(), w.Request, action.Result{}); got == action.Worked {
		t.Errorf("Verify before Apply: %s, %v", got, err)
	}
	w.Break(LostAnswer)
	_, err := w.Action.Apply(t.Context(), w.Request, first)
	inDoubt(t, w, first, err)
}

func missedDeadline(t *testing.T, w World) {
	t.Helper()
	first := plan(t, w)
	ctx := &deadline{Context: t.Context(), passed: make(chan struct{})}
	go func() {
		select {
		case <-w.Reached:
			close(ctx.passed)
		case <-t.Context().Done():
		}
	}()
	w.Break(SlowAnswer)
	_, err := w.Action.Apply(ctx, w.Request, first)
	inDoubt(t, w, first, err)
}

func passedDeadline(t *testing.T, w World) {
	t.Helper()
	p := plan(t, w)
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := w.Action.Plan(ctx, w.Request); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Plan: %v, want %s", err, fault.Unavailable)
	}
	if _, err := w.Action.Apply(ctx, w.Request, p); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Apply: %v, want %s", err, fault.Unavailable)
	}
	wantEffects(t, w, 0)
}

// inDoubt is the runner's way after an answer that never came: probe or plan
// again, then apply only what is still to be done.
func inDoubt(t *testing.T, w World, first action.Plan, err error) {
	t.Helper()
	if !fault.Is(err, fault.Unavailable) {
		t.Fatalf("Apply without an answer: %v, want %s", err, fault.Unavailable)
	}
	w.Break(None)
	wantEffects(t, w, 1)
	if w.Action.Spec().Class == action.ClassC {
		return // ends uncertain; nobody tries again
	}
	if prober, ok := w.Action.(action.Prober); ok {
		res, found, err := prober.Probe(t.Context(), w.Request)
		if err != nil || !found {
			t.Fatalf("Probe: %t, %v, want the effect", found, err)
		}
		if got, err := w.Action.Verify(t.Context(), w.Request, res); got != action.Worked {
			t.Errorf("Verify of the probe's result: %s, %v", got, err)
		}
		return
	}
	if again := plan(t, w); len(again.Effects) != 0 {
		t.Errorf("the plan after the effect still has %v", again.Effects)
	}
	// A worker that woke up late applies the plan that it had.
	_, _ = w.Action.Apply(t.Context(), w.Request, first) // refused or without effect
	wantEffects(t, w, 1)
}

// deadline is a context whose deadline passes when the test says so.
type deadline struct {
	context.Context //nolint:containedctx // it is one
	passed          chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.passed }

func (d *deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return d.Context.Err()
	}
}
