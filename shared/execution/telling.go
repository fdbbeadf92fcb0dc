package execution

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Telling makes the effect that brings q, which people are asked about x, to
// them: its action, target and arguments, and the id. Nil tells nobody. It reads
// nothing but configuration.
type Telling func(x Execution, q approval.Approval, reminder bool) (*Execution, error)

// bring records, in the transaction that asks or reminds people, the execution
// that tells them. From there on it is an effect as all others: claimed, held up
// by freezes, intended, looked for after a crash, and on record.
func (m *Machine) bring(tx store.Tx, x *Execution, q *approval.Approval, reminder bool, now time.Time) error {
	if m.d.Telling == nil {
		return nil
	}
	t, err := m.d.Telling(*x, *q, reminder)
	if err != nil {
		return fmt.Errorf("write to people about execution %s: %w", x.ID, err)
	}
	if t == nil {
		return nil
	}
	t.Tells, q.Telling = q.ID, t.ID
	t.DecisionID, t.EventID, t.Level, t.Category = x.DecisionID, x.EventID, x.Level, Automatic
	t.Repository, t.Resource, t.InstallationID = t.Target.Repository, t.Target.String(), t.Target.InstallationID
	t.State, t.Reason = Ready, "tells people of execution "+x.ID
	t.CreatedAt, t.UpdatedAt, t.NotBefore = now, now, now
	if err := tx.Create(keyOf(t.ID), *t); err != nil {
		return fmt.Errorf("write execution %s: %w", t.ID, err)
	}
	return audit.Write(tx, Created(*t, ActorExecute))
}

// outdated refuses to tell people of what is no longer asked. What may have been
// told is brought to its end.
func (m *Machine) outdated(ctx context.Context, tx store.Tx, x Execution) (refusal string, err error) {
	q, err := asked(ctx, tx, x)
	if err != nil || q.State == approval.Pending || x.Intent > 0 {
		return "", err
	}
	return fmt.Sprintf("the question is %s: there is nothing to tell", q.State), nil
}

// onBehalf is x as freezes see it: what tells people is in the scopes of what it
// tells of.
func onBehalf(ctx context.Context, tx store.Tx, x Execution) (Execution, error) {
	if x.Tells == "" {
		return x, nil
	}
	q, err := asked(ctx, tx, x)
	x.Policy, x.Capability = q.Policy, q.Capability
	return x, err
}

func asked(ctx context.Context, tx store.Reader, x Execution) (approval.Approval, error) {
	q, err := store.Get[approval.Approval](ctx, tx, store.Key{Collection: approval.Collection, ID: x.Tells})
	if err != nil {
		return q, fmt.Errorf("read what %s tells of: %w", x.ID, err)
	}
	return q, nil
}

// told says whether people were told of the waiting x, so that their time to
// answer runs. If not, x is looked at again later, or has ended: what runs
// unless it is vetoed does not run if those who may veto cannot be told.
func (r *Runner) told(ctx context.Context, x Execution) (bool, error) {
	t, err := r.bring(ctx, x)
	switch {
	case err != nil:
		return false, err
	case t.ID == "", t.State == Succeeded:
		return true, nil
	case !t.State.Terminal():
		return false, r.later(ctx, x, resume(r.Clock.Now()))
	case x.Category != Alert, !r.Live(x.InstallationID): // nothing happens unasked: people find it in the list
		return true, nil
	}
	_, err = r.Machine.Obstruct(context.WithoutCancel(ctx), x, &action.Obstacle{
		Kind: "untold", Subject: x.Resource,
		Summary: fmt.Sprintf("people could not be told of %s on %s, so nobody could veto it", x.Action, x.Resource),
		Do: fmt.Sprintf("See why: `infinity executions %s`. Mend it (is the conversation locked, may the App write comments?), "+
			"or take `tell` out of the rule in %s; the next event asks again.", t.ID, approval.File),
	})
	return false, err
}

// bring queues what tells people of x's question, if anything does, and returns
// it as it is now.
func (r *Runner) bring(ctx context.Context, x Execution) (Execution, error) {
	q, err := question(ctx, r.Machine.d.Store, &x)
	if err != nil || q.Telling == "" {
		return Execution{}, err
	}
	t, err := r.Machine.Get(ctx, q.Telling)
	if err != nil || t.State != Ready {
		return t, err
	}
	return t, r.later(ctx, t, t.Due())
}

// wakeAsked queues the execution of which t told people, if t has ended: their
// time to answer is to begin. What a crash leaves out, sweep finds.
func (r *Runner) wakeAsked(ctx context.Context, t Execution) error {
	t, err := r.Machine.Get(ctx, t.ID)
	if err != nil || !t.State.Terminal() {
		return err
	}
	q, err := asked(ctx, r.Machine.d.Store, t)
	if err != nil || q.State != approval.Pending || q.ToldAt != nil {
		return err
	}
	x, err := r.Machine.Get(ctx, q.ExecutionID)
	if err != nil {
		return err
	}
	return enqueue(ctx, r.Tasks, x, time.Time{}, "told-"+t.ID)
}
