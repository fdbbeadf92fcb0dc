package execution_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// deaf is a store that takes no audit records, for as long as it is deaf.
type deaf struct {
	store.Store
	on bool
}

func (d *deaf) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return d.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error { return fn(ctx, deafTx{tx, d}) })
}

type deafTx struct {
	store.Tx
	d *deaf
}

func (t deafTx) Create(key store.Key, value any) error {
	if t.d.on && strings.HasPrefix(key.Collection, "audit") {
		return errors.New("the audit store is down")
	}
	return t.Tx.Create(key, value)
}

// TestF21NoAuditNoAction: while no record can be written nothing is done and
// nothing moves; once it can, it goes on.
func TestF21NoAuditNoAction(t *testing.T) {
	t.Parallel()
	f := &fake{class: action.ClassA, world: &world{}}
	r := newRig(t, of(f))
	d := &deaf{Store: r.store, on: true}
	r.machine = execution.NewMachine(execution.Deps{Store: d, Clock: r.clock, Lease: lease})
	r.runner.Machine = r.machine
	r.put(t, ready("x"))
	for range 3 {
		if err := r.runner.Run(t.Context(), "x"); err == nil {
			t.Fatal("it ran without an audit record")
		}
	}
	if x := r.wantState(t, "x", execution.Ready); f.world.applies != 0 || x.Attempt != 0 {
		t.Fatalf("%d calls, %d attempts; want none", f.world.applies, x.Attempt)
	}
	d.on = false
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	r.wantState(t, "x", execution.Succeeded)
	if f.world.effects != 1 {
		t.Errorf("%d effects, want 1", f.world.effects)
	}
}
