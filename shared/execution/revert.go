package execution

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// MaxUndos is how often undoing an effect is tried before a person is called.
const MaxUndos = 5

// ActorQuarantine freezes a resource on which an effect could not be undone.
const ActorQuarantine = "system:quarantine"

// Brakes freeze in the transaction of what gave cause to it; a scope that is
// frozen already stays as it is. shared/control has them.
type Brakes interface {
	FreezeResource(ctx context.Context, tx store.Tx, resource, by, reason string, now time.Time) error
	FreezePolicy(ctx context.Context, tx store.Tx, policy, by, reason string, now time.Time) error
}

// stands reports whether x made an effect, or may have, that was not undone.
func (x *Execution) stands() bool {
	return x.Intent > 0 && slices.Contains([]State{Succeeded, Failed, Uncertain, RevertFailed}, x.State)
}

// wantUndone readies x to be undone; the caller moves it. An effect in doubt may
// still be on its way: undone before it comes, it would stand.
func (x *Execution) wantUndone(by, reason string, now time.Time) {
	x.Undo, x.NotBefore = &Undo{By: by, Reason: reason, At: now}, now
	if x.State == Uncertain {
		x.NotBefore = now.Add(settle)
	}
	if x.Lease != nil {
		x.Lease.Until = now
	}
}

// Revert has a person's wish recorded that the effect of execution id be
// undone. Of a workflow all steps are undone, last first: half a plan is what
// nobody asked for. A fault.Conflict says why it is not possible.
func (m *Machine) Revert(ctx context.Context, id, by, reason string) (Execution, error) {
	var after Execution
	err := m.run(ctx, func(ctx context.Context, tx store.Tx) error {
		x, doc, err := read(ctx, tx, id)
		if err != nil {
			return err
		}
		now := now(doc, m.d.Clock)
		if x.WorkflowID != "" {
			err = m.revertWorkflow(ctx, tx, &x, by, reason, now)
		} else {
			err = revertAlone(tx, &x, by, reason, now)
		}
		after = x
		return err
	})
	if err != nil {
		return after, fmt.Errorf("execution %s: %w", id, err)
	}
	return after, nil
}

func revertAlone(tx store.Tx, x *Execution, by, reason string, now time.Time) error {
	if err := x.mayBeUndone(); err != nil {
		return err
	}
	from := x.State
	x.wantUndone(by, reason, now)
	if err := x.move(Reverting, join("wanted undone by "+by, reason)); err != nil {
		return err
	}
	return put(tx, x, from, by, "execution.undo_wanted", now)
}

// mayBeUndone says why x cannot be undone, or nil.
func (x *Execution) mayBeUndone() error {
	switch {
	case x.State == Reverting || x.State == Reverted:
		return fault.New(fault.Conflict, "execution %s is %s already", x.ID, x.State)
	case x.State == Succeeded && !x.stands():
		return fault.New(fault.Conflict, "execution %s changed nothing: there is nothing to undo", x.ID)
	case !x.stands():
		return fault.New(fault.Conflict, "execution %s is %s%s; only what was done can be undone", x.ID, x.State, because(x.Reason))
	case !x.Reversible:
		return fault.New(fault.Conflict, "%s cannot be undone", x.Action)
	}
	return nil
}

func (m *Machine) revertWorkflow(ctx context.Context, tx store.Tx, x *Execution, by, reason string, now time.Time) error {
	c, err := m.course(ctx, tx, x, now)
	if err != nil {
		return err
	}
	if !c.w.State.Ended() {
		return fault.New(fault.Conflict, "workflow %s is %s; it can be undone once it has ended", c.w.ID, c.w.State)
	}
	stands := false
	for _, s := range c.steps {
		if !s.stands() {
			continue
		}
		stands = true
		if !s.Reversible {
			return fault.New(fault.Conflict, "workflow %s is undone whole or not at all, and %s cannot be undone", c.w.ID, c.name(s))
		}
	}
	if !stands {
		return fault.New(fault.Conflict, "nothing of workflow %s stands: it is %s%s", c.w.ID, c.w.State, because(c.w.Reason))
	}
	c.actor = by
	if err := c.compensate(join("wanted undone by "+by, reason)); err != nil {
		return err
	}
	return c.write(ctx)
}

// claimUndo takes an execution that is to be undone. Its gates put it off:
// what was done has to be undone some time.
func (m *Machine) claimUndo(ctx context.Context, tx store.Tx, x *Execution, now time.Time, owner string) (string, error) {
	if err := m.hold(ctx, tx, m.d.UndoGates, *x, now); err != nil {
		return "", err
	}
	x.Held = false
	x.Undo.Claims++
	x.Lease = &Lease{Owner: owner, Fence: fence(x) + 1, Until: now.Add(m.d.Lease)}
	return "execution.claimed", nil
}

// IntendUndo records, before the undo, that it is about to be tried.
func (m *Machine) IntendUndo(ctx context.Context, x Execution) (Execution, error) {
	return m.step(ctx, x, "execution.undo_intended", func(x *Execution, _ time.Time) error {
		x.Undo.Tries++
		return nil
	}, Reverting)
}

// Undone ends x: its effect is no more.
func (m *Machine) Undone(ctx context.Context, x Execution, reason string) (Execution, error) {
	return m.step(ctx, x, "execution.reverted", func(x *Execution, _ time.Time) error {
		if x.Outcome == action.Worked {
			x.Outcome = ""
		}
		return x.move(Reverted, reason)
	}, Reverting)
}

// RetryUndo gives x back, to be undone not before at.
func (m *Machine) RetryUndo(ctx context.Context, x Execution, at time.Time, reason string) (Execution, error) {
	return m.step(ctx, x, "execution.undo_retry", func(x *Execution, _ time.Time) error {
		x.NotBefore, x.Lease.Until = at, at
		return x.move(Reverting, reason)
	}, Reverting)
}

// UndoFailed ends x, whose effect stands although it should not: its resource
// is frozen and a person is called.
func (m *Machine) UndoFailed(ctx context.Context, x Execution, reason string) (Execution, error) {
	return m.stepIn(ctx, x, func(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
		if m.d.Brakes == nil {
			return "", fault.New(fault.Internal, "nothing is there to quarantine %s with", x.Resource)
		}
		why := fmt.Sprintf("%s (execution %s) could not be undone: %s", x.Action, x.ID, reason)
		if err := m.d.Brakes.FreezeResource(ctx, tx, x.Resource, ActorQuarantine, why, now); err != nil {
			return "", err
		}
		p := page.Page{
			Kind: "quarantine", Severity: page.Critical, Subject: keyOf(x.ID).String(),
			Summary: fmt.Sprintf("%s is frozen: %s.", x.Resource, why),
			Do: fmt.Sprintf("Mend it and try again with `infinity revert %s --reason …`, then `infinity unfreeze \"resource:%s\"`.",
				x.ID, x.Resource),
		}
		if err := page.Raise(ctx, tx, p, ActorQuarantine, now); err != nil {
			return "", err
		}
		return "execution.revert_failed", x.move(RevertFailed, reason)
	}, Reverting)
}
