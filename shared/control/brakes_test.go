package control_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Undoing is held up by what people froze, in whatever scope, and not by the
// quarantine that it is the way out of.
func TestUndoGate(t *testing.T) {
	t.Parallel()
	x := execution.Execution{Repository: "octo/hello", Policy: "close-spam", Resource: "octo/hello issue 12"}
	for _, scope := range []string{control.Global, "repository:octo/hello", "policy:close-spam", "resource:octo/hello issue 12", "policy:other"} {
		for _, by := range []string{"key:ops", execution.ActorFight, execution.ActorQuarantine} {
			c := newControls()
			if _, err := c.Set(t.Context(), scope, by, "fire"); err != nil {
				t.Fatal(err)
			}
			var refusal string
			err := c.Store.Run(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
				refusal, err = control.UndoGate(ctx, tx, x, start)
				return err
			})
			if held := scope != "policy:other" && by != execution.ActorQuarantine; err != nil || (refusal != "") != held {
				t.Errorf("%s frozen by %s: %q, %v; held up: want %t", scope, by, refusal, err, held)
			}
		}
	}
}

// Brakes freeze once, as part of the caller's transaction and with a record; a
// freeze that is in force keeps its actor and reason.
func TestBrakes(t *testing.T) {
	t.Parallel()
	c := newControls()
	brake := func(by string, after error) error {
		return c.Store.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
			late := &readsFirst{Tx: tx}
			err := errors.Join(
				control.Brakes{}.FreezeResource(ctx, late, "Octo/Hello issue 12", by, "stuck", start),
				control.Brakes{}.FreezePolicy(ctx, late, "close-spam", by, "fight", start))
			return errors.Join(err, late.write(), after)
		})
	}
	errUndo := errors.New("undo")
	if err := brake("system:x", errUndo); !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	if all, _, err := c.List(t.Context(), 10, ""); err != nil || len(all) != 0 {
		t.Fatalf("a transaction that failed left %+v, %v", all, err)
	}
	for _, by := range []string{"system:x", "system:y"} {
		if err := brake(by, nil); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := c.List(t.Context(), 10, "")
	want := []control.Freeze{
		{Scope: "policy:close-spam", By: "system:x", Reason: "fight", At: start},
		{Scope: "resource:octo/hello issue 12", By: "system:x", Reason: "stuck", At: start},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("freezes (-want +got): %v\n%s", err, diff)
	}
	records, _, err := store.List[audit.Record](t.Context(), c.Store, store.Query{Collection: audit.Collection})
	if err != nil || len(records) != 2 || records[0].Verb != "control.frozen" {
		t.Errorf("records %+v, %v; want one for each", records, err)
	}
}

// readsFirst keeps writes until all is read, as the machine of executions does.
type readsFirst struct {
	store.Tx
	writes []func() error
}

func (r *readsFirst) Put(key store.Key, value any) error {
	r.writes = append(r.writes, func() error { return r.Tx.Put(key, value) })
	return nil
}

func (r *readsFirst) Create(key store.Key, value any) error {
	r.writes = append(r.writes, func() error { return r.Tx.Create(key, value) })
	return nil
}

func (r *readsFirst) write() error {
	for _, write := range r.writes {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}
