package execution_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestAskCommitsNothing asks gates that write before they refuse, pass or fail.
func TestAskCommitsNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		refusal string
		err     error
	}{"refused": {"frozen", nil}, "let run": {"", nil}, "failed": {"", broken}} {
		mark := store.Key{Collection: "marks", ID: "m"}
		gate := func(_ context.Context, tx store.Tx, x execution.Execution, now time.Time) (string, error) {
			if x.ID != "x1" || now.IsZero() {
				t.Errorf("%s: asked about %q at %s", name, x.ID, now)
			}
			return c.refusal, errors.Join(tx.Put(mark, map[string]string{}), c.err)
		}
		r := newRig(t, nil, gate)
		refusal, err := r.machine.Ask(t.Context(), ready("x1"))
		if refusal != c.refusal || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", name, refusal, err)
		}
		if _, err := r.store.Get(t.Context(), mark); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: what the gate wrote is there (%v)", name, err)
		}
	}
}
