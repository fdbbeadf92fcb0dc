package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Brakes freezes within the transaction of what gave cause to it. It is an
// execution.Brakes.
type Brakes struct{}

// FreezeResource freezes what action.Target.String names.
func (Brakes) FreezeResource(ctx context.Context, tx store.Tx, resource, by, reason string, now time.Time) error {
	return freeze(ctx, tx, Freeze{Scope: Resource(resource), By: by, Reason: reason, At: now})
}

// FreezePolicy freezes a policy.
func (Brakes) FreezePolicy(ctx context.Context, tx store.Tx, policy, by, reason string, now time.Time) error {
	return freeze(ctx, tx, Freeze{Scope: Policy(policy), By: by, Reason: reason, At: now})
}

// freeze leaves a freeze that is in force as it is: a person's has its reason.
func freeze(ctx context.Context, tx store.Tx, f Freeze) error {
	_, err := tx.Get(ctx, key(f.Scope))
	if err == nil {
		return nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("look for a freeze of %s: %w", f.Scope, err)
	}
	if err := tx.Put(key(f.Scope), f); err != nil {
		return fmt.Errorf("freeze %s: %w", f.Scope, err)
	}
	return audit.Write(tx, record(f.At, f.By, "control.frozen", f.Scope, f.Reason))
}

// UndoGate puts off undoing what a freeze covers. A quarantine does not: to
// undo is the way out of it. It is an execution.Gate.
func UndoGate(ctx context.Context, tx store.Tx, x execution.Execution, _ time.Time) (string, error) {
	for _, scope := range append([]string{Global}, Scopes(x)...) {
		f, err := store.Get[Freeze](ctx, tx, key(scope))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return "", fmt.Errorf("look for a freeze of %s: %w", scope, err)
		case f.By != execution.ActorQuarantine:
			return f.refusal(), nil
		}
	}
	return "", nil
}
