// Package control is the kill switch, for everything, a repository, a policy, a
// capability, an agent or one resource. The claim of an execution reads freezes
// in its own transaction, so that no claim commits after a freeze has: what had
// not begun is blocked. What had begun asks again before each changing request,
// is held up, and goes on when the freeze is lifted. Nothing is undone here.
package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Collection holds the freezes in force, one document for each scope.
const Collection = "controls"

// Freeze stops all claims within its scope until it is lifted.
type Freeze struct {
	Scope  string    `json:"scope"` // "global", "repository:owner/name", "policy:name"; ParseScope has all
	By     string    `json:"by"`    // actor: "key:local"
	Reason string    `json:"reason"`
	At     time.Time `json:"frozen_at"`
}

// Controls sets and lifts freezes.
type Controls struct {
	Store store.Store
	Clock clock.Clock
	Tasks task.Enqueuer // wakes what a freeze held up when it is lifted; nil leaves that to sweep
}

// Set freezes scope; a freeze in force gets the new reason and actor.
func (c Controls) Set(ctx context.Context, scope, by, reason string) (Freeze, error) {
	scope, err := ParseScope(scope)
	if err != nil {
		return Freeze{}, err
	}
	f := Freeze{Scope: scope, By: by, Reason: reason, At: c.Clock.Now()}
	err = c.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		if err := tx.Put(key(scope), f); err != nil {
			return err
		}
		return audit.Write(tx, record(f.At, by, "control.frozen", scope, reason))
	})
	if err != nil {
		return Freeze{}, fmt.Errorf("freeze %s: %w", scope, err)
	}
	return f, nil
}

// Lift ends the freeze of scope; fault.NotFound if there is none.
func (c Controls) Lift(ctx context.Context, scope, by string) error {
	scope, err := ParseScope(scope)
	if err != nil {
		return err
	}
	err = c.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Get(ctx, key(scope)); errors.Is(err, store.ErrNotFound) {
			return fault.Wrap(fault.NotFound, err, "%s is not frozen", scope)
		} else if err != nil {
			return err
		}
		if err := tx.Delete(key(scope)); err != nil {
			return err
		}
		return audit.Write(tx, record(c.Clock.Now(), by, "control.lifted", scope, ""))
	})
	if err != nil {
		return fmt.Errorf("lift the freeze of %s: %w", scope, err)
	}
	if c.Tasks == nil {
		return nil
	}
	if err := execution.WakeHeld(ctx, c.Store, c.Tasks, c.Clock.Now()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "%s is no longer frozen, but what was held up could not be woken; it goes on by itself within two minutes", scope)
	}
	return nil
}

// List returns a page of the freezes in force, by scope.
func (c Controls) List(ctx context.Context, limit int, cursor string) ([]Freeze, string, error) {
	freezes, next, err := store.List[Freeze](ctx, c.Store, store.Query{Collection: Collection, Limit: limit, Cursor: cursor})
	if err != nil {
		return nil, "", fmt.Errorf("list freezes: %w", err)
	}
	return freezes, next, nil
}

// Frozen returns the first freeze among scopes, the global one before them.
// It reads through r only, so that a transaction can depend on the answer.
func Frozen(ctx context.Context, r store.Reader, scopes ...string) (Freeze, bool, error) {
	for _, scope := range append([]string{Global}, scopes...) {
		f, err := store.Get[Freeze](ctx, r, key(scope))
		if err == nil {
			return f, true, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return Freeze{}, false, fmt.Errorf("look for a freeze of %s: %w", scope, err)
		}
	}
	return Freeze{}, false, nil
}

// Gate refuses an execution that is in a frozen scope. It is an execution.Gate.
func Gate(ctx context.Context, tx store.Tx, x execution.Execution, _ time.Time) (string, error) {
	f, frozen, err := Frozen(ctx, tx, Scopes(x)...)
	if err != nil || !frozen {
		return "", err
	}
	return f.refusal(), nil
}

// refusal says to people why nothing is begun.
func (f Freeze) refusal() string {
	return fmt.Sprintf("frozen (%s) by %s since %s: %s", f.Scope, f.By, f.At.Format(time.RFC3339), f.Reason)
}

func key(scope string) store.Key { return store.Key{Collection: Collection, ID: documentID(scope)} }

func record(at time.Time, by, verb, scope, reason string) audit.Record {
	return audit.Record{At: at, Actor: by, Verb: verb, Subject: Collection + "/" + scope, Reason: reason, Retention: "security"}
}
