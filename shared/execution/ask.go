package execution

import (
	"context"
	"errors"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// errAsked ends a transaction that only asks.
var errAsked = errors.New("nothing is to be committed")

// Ask says what would keep x, which need not be stored, from being claimed now,
// or "". The gates are those of a claim, in a transaction that is never
// committed.
func (m *Machine) Ask(ctx context.Context, x Execution) (refusal string, err error) {
	err = m.d.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		var err error
		if refusal, err = m.ask(ctx, tx, x, m.d.Clock.Now()); err != nil {
			return err
		}
		return errAsked
	})
	if errors.Is(err, errAsked) {
		err = nil
	}
	return refusal, err
}

// ask asks the gates in order, until one refuses.
func (m *Machine) ask(ctx context.Context, tx store.Tx, x Execution, now time.Time) (refusal string, err error) {
	if x.Tells != "" {
		return m.outdated(ctx, tx, x)
	}
	for _, gate := range m.d.Gates {
		if refusal, err = gate(ctx, tx, x, now); err != nil || refusal != "" {
			return refusal, err
		}
	}
	return "", nil
}
