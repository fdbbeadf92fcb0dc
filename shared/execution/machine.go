package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Deps is what a Machine stands on.
type Deps struct {
	Store store.Store
	Clock clock.Clock
	// Gates are asked, in order, inside the claim's transaction. What has begun
	// Holds hold up, and do not end; UndoGates do so with undoing an effect. Both
	// are asked inside the claim's transaction, and again before each changing
	// request of it.
	Gates     []Gate
	Holds     []Gate
	UndoGates []Gate
	Brakes    Brakes
	Telling   Telling       // nil: no execution tells people
	Lease     time.Duration // how long a claim holds; 0 means 60 s
}

// Gate lets an execution run or says why not. It reads only through tx, so
// that what it read cannot change before the claim commits.
type Gate func(ctx context.Context, tx store.Tx, x Execution, now time.Time) (refusal string, err error)

// Machine moves executions. Each method is one compare-and-set transaction
// that also writes the audit record of the move.
type Machine struct{ d Deps }

// NewMachine returns a machine on d.
func NewMachine(d Deps) *Machine {
	if d.Lease == 0 {
		d.Lease = 60 * time.Second
	}
	return &Machine{d: d}
}

// Why a claim does not give the execution.
var (
	ErrFinal = errors.New("the execution is in a final state")
	ErrHeld  = errors.New("the execution is held under another lease")
)

// NotDue says that an execution may not run before At.
type NotDue struct { //nolint:errname // reads as it is said
	At  time.Time
	Now time.Time // by the store's clock
}

// Error implements error.
func (e *NotDue) Error() string { return "not due before " + e.At.Format(time.RFC3339) }

// now is the time by which executions go: the store's, which is one for all
// workers and never goes back, so that no wrong clock of a worker can cut a veto
// window short. A store without a clock leaves it to c.
func now(doc store.Document, c clock.Clock) time.Time {
	if doc.ReadAt.IsZero() {
		return c.Now()
	}
	return doc.ReadAt
}

// keyOf returns the document's key.
func keyOf(id string) store.Key { return store.Key{Collection: Collection, ID: id} }

// Get returns the execution.
func (m *Machine) Get(ctx context.Context, id string) (Execution, error) {
	return get(ctx, m.d.Store, id)
}

func get(ctx context.Context, r store.Reader, id string) (Execution, error) {
	x, _, err := read(ctx, r, id)
	return x, err
}

// read returns the execution, and the document that it is.
func read(ctx context.Context, r store.Reader, id string) (x Execution, doc store.Document, err error) {
	if doc, err = r.Get(ctx, keyOf(id)); errors.Is(err, store.ErrNotFound) {
		return x, doc, fault.Wrap(fault.NotFound, err, "there is no execution %q", id)
	}
	if err == nil {
		if err = json.Unmarshal(doc.Data, &x); err != nil {
			err = fmt.Errorf("decode %s: %w", doc.Key, err)
		}
	}
	return x, doc, err
}

// change is one transition: fn moves x and names the record's verb.
type change struct {
	actor string
	fn    func(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (verb string, err error)
}

// apply runs c on the execution id, with its audit record, in one transaction.
// An fn that returns an empty verb changes nothing.
func (m *Machine) apply(ctx context.Context, id string, c change) (Execution, error) {
	var after Execution
	err := m.run(ctx, func(ctx context.Context, tx store.Tx) error {
		x, doc, err := read(ctx, tx, id)
		if err != nil {
			return err
		}
		from, now := x.State, now(doc, m.d.Clock)
		verb, err := c.fn(ctx, tx, &x, now)
		after = x
		if err != nil || verb == "" {
			return err
		}
		if err := put(tx, &x, from, c.actor, verb, now); err != nil {
			return err
		}
		if x.WorkflowID != "" && x.State != from && x.State.Terminal() {
			err = m.follow(ctx, tx, &x, now)
		}
		after = x
		return err
	})
	if err != nil {
		return after, fmt.Errorf("execution %s: %w", id, err)
	}
	return after, nil
}

// put writes x, which was in state from, with the record of its move.
func put(tx store.Tx, x *Execution, from State, actor, verb string, now time.Time) error {
	x.UpdatedAt, x.FinishedAt = now, nil
	if x.State.Terminal() {
		x.FinishedAt, x.Held = &now, false
	}
	if err := tx.Put(keyOf(x.ID), *x); err != nil {
		return fmt.Errorf("write execution %s: %w", x.ID, err)
	}
	return audit.Write(tx, record(*x, from, actor, verb, now))
}

func record(x Execution, from State, actor, verb string, now time.Time) audit.Record {
	r := audit.Record{
		At: now, Actor: actor, Verb: verb, Subject: keyOf(x.ID).String(),
		From: string(from), To: string(x.State), Reason: x.Reason,
		Decision: x.DecisionID, Event: x.EventID,
		Details: map[string]string{"action": x.Action, "policy": x.Policy, "attempt": fmt.Sprint(x.Attempt)},
	}
	if x.PlanHash != "" {
		r.Details["plan_hash"] = x.PlanHash
	}
	if x.Lease != nil {
		r.Details["fence"] = fmt.Sprint(x.Lease.Fence)
	}
	if x.WorkflowID != "" {
		r.Details["workflow"], r.Details["step"] = x.WorkflowID, fmt.Sprint(x.Step)
	}
	if x.Undo != nil {
		r.Details["undo_tries"] = fmt.Sprint(x.Undo.Tries)
	}
	if x.Result != nil && x.Result.URL != "" {
		r.Details["url"] = x.Result.URL
	}
	return r
}

// Created returns the audit record of a new execution, for the transaction
// that creates it.
func Created(x Execution, actor string) audit.Record {
	return record(x, "", actor, "execution.created", x.CreatedAt)
}
