package execution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Propose records the plan that people are asked about. It is refused with a
// fault.Conflict if another worker was first.
func (m *Machine) Propose(ctx context.Context, x Execution, p action.Plan) (Execution, error) {
	return m.apply(ctx, x.ID, change{actor: ActorExecute, fn: func(_ context.Context, tx store.Tx, now *Execution, at time.Time) (string, error) {
		if now.State != Waiting || now.Round != x.Round {
			return "", fault.New(fault.Conflict, "people were asked about execution %s already", x.ID)
		}
		now.Target, now.PolicyVersion = x.Target, x.PolicyVersion
		return "execution.proposed", m.pose(tx, now, p, at)
	}})
}

// AskAgain gives a claimed execution back to people: what would be done is no
// longer what they answered to. The old question is superseded.
func (m *Machine) AskAgain(ctx context.Context, x Execution, p action.Plan, reason string) (Execution, error) {
	return m.apply(ctx, x.ID, change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, now *Execution, at time.Time) (string, error) {
		if err := checkHeld(now, x); err != nil {
			return "", err
		}
		old, err := question(ctx, tx, now)
		if err != nil {
			return "", err
		}
		if err := now.move(Waiting, reason); err != nil {
			return "", err
		}
		now.Target, now.PolicyVersion, now.ApprovedHash, now.Answer = x.Target, x.PolicyVersion, "", ""
		if err := end(tx, old, approval.Superseded, ActorExecute, at); err != nil {
			return "", err
		}
		return "execution.superseded", m.pose(tx, now, p, at)
	}})
}

// pose makes the question of the next round, and what tells people of it.
func (m *Machine) pose(tx store.Tx, x *Execution, p action.Plan, now time.Time) error {
	hash, err := PlanHash(*x, p)
	if err != nil {
		return err
	}
	x.Round, x.Plan, x.PlanHash, x.ToldAt, x.RemindAt = x.Round+1, &p, hash, nil, nil
	q := newQuestion(x, now)
	if err := m.bring(tx, x, &q, false, now); err != nil {
		return err
	}
	return putQuestion(tx, q)
}

func newQuestion(x *Execution, now time.Time) approval.Approval {
	var then []approval.Step
	for _, f := range x.Following {
		then = append(then, approval.Step{Action: f.Action, Resource: f.Target.String(), Args: f.Args})
	}
	return approval.Approval{
		ID: approval.ID(x.ID, x.Round), ExecutionID: x.ID, Round: x.Round, State: approval.Pending, Category: string(x.Category),
		Action: x.Action, Policy: x.Policy, Capability: x.Capability, Repository: x.Repository, Resource: x.Resource,
		InstallationID: x.InstallationID, Plan: x.Plan, PlanHash: x.PlanHash, PolicyVersion: x.PolicyVersion, SHA: x.Target.SHA,
		Then: then, Causes: x.Causes, AskedAt: now,
	}
}

// Told records that people were told: from now on their time to answer runs.
func (m *Machine) Told(ctx context.Context, x Execution) (Execution, error) {
	return m.apply(ctx, x.ID, change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, now *Execution, at time.Time) (string, error) {
		if now.State != Waiting || now.Round != x.Round || now.ToldAt != nil {
			return "", nil // answered meanwhile, or told by another worker
		}
		q, err := question(ctx, tx, now)
		if err != nil {
			return "", err
		}
		due := at.Add(now.Window)
		now.ToldAt, q.ToldAt, q.DueAt = &at, &at, &due
		if now.NotBefore = at; now.Category == Alert {
			now.NotBefore = due
		} else {
			now.Deadline = &due
		}
		if remind := due.Add(-now.Remind); now.Remind > 0 && remind.After(at) {
			now.RemindAt = &remind
		}
		return "execution.told", putQuestion(tx, q)
	}})
}

// Reminded records that people were told again.
func (m *Machine) Reminded(ctx context.Context, x Execution) (Execution, error) {
	return m.apply(ctx, x.ID, change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, now *Execution, at time.Time) (string, error) {
		if now.State != Waiting || now.Round != x.Round || now.RemindAt == nil {
			return "", nil
		}
		q, err := question(ctx, tx, now)
		if err != nil {
			return "", err
		}
		now.RemindAt, q.RemindedAt = nil, &at
		if err := m.bring(tx, now, &q, true, at); err != nil {
			return "", err
		}
		return "execution.reminded", putQuestion(tx, q)
	}})
}

// Withdraw ends a waiting execution of which there is nothing to ask: it is
// done already (Succeeded), or cannot be done any more.
func (m *Machine) Withdraw(ctx context.Context, x Execution, to State, reason string) (Execution, error) {
	return m.apply(ctx, x.ID, change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, now *Execution, at time.Time) (string, error) {
		if now.State != Waiting || now.Round != x.Round {
			return "", nil
		}
		if to == Succeeded {
			now.Outcome = action.Worked
		}
		if err := now.move(to, reason); err != nil {
			return "", err
		}
		return "execution." + string(to), endQuestion(ctx, tx, now, approval.Withdrawn, ActorExecute, at)
	}})
}

// question returns x's present question; one that has none yet, as a document
// of an earlier version, gets it made.
func question(ctx context.Context, r store.Reader, x *Execution) (approval.Approval, error) {
	q, err := store.Get[approval.Approval](ctx, r, store.Key{Collection: approval.Collection, ID: approval.ID(x.ID, x.Round)})
	if errors.Is(err, store.ErrNotFound) {
		return newQuestion(x, x.UpdatedAt), nil
	}
	if err != nil {
		return q, fmt.Errorf("read what people were asked about %s: %w", x.ID, err)
	}
	return q, nil
}

// endQuestion ends x's present question, if people were asked.
func endQuestion(ctx context.Context, tx store.Tx, x *Execution, s approval.State, by string, now time.Time) error {
	if x.Round == 0 {
		return nil
	}
	q, err := question(ctx, tx, x)
	if err != nil {
		return err
	}
	return end(tx, q, s, by, now)
}

func end(tx store.Tx, q approval.Approval, s approval.State, by string, now time.Time) error {
	q.State, q.EndedAt, q.EndedBy = s, &now, by
	return putQuestion(tx, q)
}

func putQuestion(tx store.Tx, q approval.Approval) error {
	if err := tx.Put(store.Key{Collection: approval.Collection, ID: q.ID}, q); err != nil {
		return fmt.Errorf("write approval %s: %w", q.ID, err)
	}
	return nil
}
