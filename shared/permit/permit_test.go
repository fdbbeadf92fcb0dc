package permit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	if err := permit.Ask(t.Context()); err != nil {
		t.Errorf("without a permit: %v", err)
	}
	var answer error
	ctx, p := permit.With(t.Context(), func(context.Context) error { return answer })
	for range 2 {
		if err := permit.Ask(ctx); err != nil {
			t.Errorf("granted: %v", err)
		}
	}
	answer = fault.New(fault.Forbidden, "frozen")
	err := permit.Ask(ctx)
	if !errors.Is(err, permit.ErrStopped) || !fault.Is(err, fault.Forbidden) {
		t.Errorf("refused: %v", err)
	}
	if p.Sent() != 2 {
		t.Errorf("%d requests were let out, want 2", p.Sent())
	}
}
