package decision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/docid"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Actor is who decides, in audit records.
const Actor = "system:decide"

// meaning remembers which delivery first told of a change.
type meaning struct {
	Delivery  string    `json:"delivery"`
	Decision  string    `json:"decision_id"`
	CreatedAt time.Time `json:"created_at"`
}

// record writes decision, delivery, executions and audit records in one
// transaction, and returns the decision that stands: d's, or the one that an
// earlier delivery of the same id or meaning led to.
func (e *Engine) record(ctx context.Context, ev event.Event, d Draft, dl Delivery) (Decision, error) {
	hash, err := event.Meaning(ev, ev.Data)
	if err != nil {
		return Decision{}, err
	}
	means := key(Meanings, hash)
	d.Decision.Meaning = hash
	var stands Decision
	err = e.d.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		dl := dl
		dl.DecidedAt = d.Decision.DecidedAt
		known, err := store.Get[Delivery](ctx, tx, key(Deliveries, dl.ID))
		if err == nil {
			stands, err = store.Get[Decision](ctx, tx, key(Collection, known.DecisionID))
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		same, err := store.Get[meaning](ctx, tx, means)
		if err == nil {
			stands, err = duplicate(ctx, tx, dl, same)
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		settled, err := d.Settle(func(id string) (execution.Execution, error) {
			return store.Get[execution.Execution](ctx, tx, key(execution.Collection, id))
		})
		if err != nil {
			return err
		}
		stands = settled.Decision
		return settled.write(tx, dl, means)
	})
	return stands, err
}

// duplicate records a delivery whose meaning another one brought before.
func duplicate(ctx context.Context, tx store.Tx, dl Delivery, same meaning) (Decision, error) {
	first, err := store.Get[Decision](ctx, tx, key(Collection, same.Decision))
	if err != nil {
		return first, err
	}
	dl.DuplicateOf, dl.DecisionID = same.Delivery, same.Decision
	if err := tx.Create(key(Deliveries, dl.ID), dl); err != nil {
		return first, err
	}
	return first, audit.Write(tx, audit.Record{
		At: dl.DecidedAt, Actor: Actor, Verb: "event.duplicate", Subject: Deliveries + "/" + dl.ID,
		Decision: same.Decision, Event: dl.ID, Reason: "same change as event " + same.Delivery,
	})
}

func (d *Draft) write(tx store.Tx, dl Delivery, means store.Key) error {
	dl.DecisionID = d.Decision.ID
	if err := tx.Create(key(Deliveries, dl.ID), dl); err != nil {
		return err
	}
	if err := tx.Create(means, meaning{Delivery: dl.ID, Decision: d.Decision.ID, CreatedAt: dl.DecidedAt}); err != nil {
		return err
	}
	if err := tx.Create(key(Collection, d.Decision.ID), d.Decision); err != nil {
		return err
	}
	if err := audit.Write(tx, decided(d.Decision)); err != nil {
		return err
	}
	for _, w := range d.Workflows {
		if err := tx.Put(key(execution.Workflows, w.ID), w); err != nil {
			return err
		}
		if err := audit.Write(tx, execution.WorkflowCreated(w, Actor)); err != nil {
			return err
		}
	}
	for _, x := range d.Executions {
		// Put, since keepNew has read that there is none, or one only recorded.
		if err := tx.Put(key(execution.Collection, x.ID), x); err != nil {
			return err
		}
		if err := audit.Write(tx, execution.Created(x, Actor)); err != nil {
			return err
		}
	}
	return nil
}

func decided(d Decision) audit.Record {
	names := make([]string, len(d.Proposals))
	for i, p := range d.Proposals {
		names[i] = p.Policy
	}
	return audit.Record{
		At: d.DecidedAt, Actor: Actor, Verb: "decision.made", Subject: Collection + "/" + d.ID, To: d.Category,
		Decision: d.ID, Event: d.EventID,
		Details: map[string]string{"policies": strings.Join(names, ","), "policy_digest": d.PolicyDigest},
	}
}

// queue queues the decision's executions that have something to do: to run
// now, when a veto window ends, or to expire. What a crash leaves out, sweep
// finds.
func (e *Engine) queue(ctx context.Context, d Decision) error {
	for _, p := range d.Proposals {
		if p.ExecutionID == "" { // later steps are queued by the one before
			continue
		}
		x, err := store.Get[execution.Execution](ctx, e.d.Store, key(execution.Collection, p.ExecutionID))
		if errors.Is(err, store.ErrNotFound) { // another decision's, which has expired
			continue
		}
		if err != nil {
			return fmt.Errorf("read execution %s: %w", p.ExecutionID, err)
		}
		if x.DecisionID != d.ID || (x.State != execution.Ready && x.State != execution.Waiting) {
			continue
		}
		if err := execution.Enqueue(ctx, e.d.Tasks, x, x.Due()); err != nil {
			return err
		}
	}
	return nil
}

// shortID names a document by what makes it unique, after the kind's letter.
func shortID(kind string, parts ...string) string {
	return kind + docid.Of(parts...)[:docid.Length-1]
}
