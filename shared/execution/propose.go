package execution

import (
	"context"
	"errors"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

// Teller brings a question to people. It may be called twice for one question.
type Teller interface {
	Tell(ctx context.Context, q approval.Approval, reminder bool) error
}

// propose asks people about the waiting x: it reads the world, records what
// would be done, and tells them. Nothing is changed but for that.
func (r *Runner) propose(ctx context.Context, x Execution) error {
	if x.Round == 0 {
		var err error
		if x, err = r.question(ctx, x); errors.Is(err, permit.ErrStopped) {
			_, wait := fault.Public(err)
			return r.later(ctx, x, r.Clock.Now().Add(wait))
		} else if err != nil || x.State != Waiting {
			return err
		}
	}
	if err := r.tell(ctx, x, false); err != nil {
		return err
	}
	if told, err := r.told(ctx, x); err != nil || !told {
		return err
	}
	x, err := r.Machine.Told(ctx, x)
	if err != nil || x.State != Waiting {
		return err
	}
	return r.later(ctx, x, x.Due())
}

// question makes the first plan. What cannot be planned is not asked about.
func (r *Runner) question(ctx context.Context, x Execution) (Execution, error) {
	act, err := r.Actions.Lookup(x.Action)
	if err != nil {
		return r.withdraw(ctx, x, Failed, err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.Machine.d.Lease*2/3)
	defer cancel()
	x, plan, err := r.plan(ctx, x, act)
	o, obstacle := errors.AsType[*action.Obstacle](err)
	switch {
	case obstacle:
		return r.Machine.Obstruct(context.WithoutCancel(ctx), x, o)
	case err != nil && fault.Retriable(err):
		return x, err // the task is called again
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
		return r.withdraw(ctx, x, Superseded, err)
	case fault.Is(err, fault.Forbidden):
		return r.withdraw(ctx, x, Blocked, err)
	case err != nil:
		return r.withdraw(ctx, x, Failed, err)
	case len(plan.Effects) == 0 && len(x.Following) == 0:
		return r.Machine.Withdraw(ctx, x, Succeeded, "the resource is already as wanted; nobody was asked and nothing was changed")
	}
	return r.Machine.Propose(context.WithoutCancel(ctx), x, plan)
}

func (r *Runner) withdraw(ctx context.Context, x Execution, to State, why error) (Execution, error) {
	reason, _ := fault.Public(why)
	return r.Machine.Withdraw(context.WithoutCancel(ctx), x, to, reason)
}

// remind tells people again, shortly before the end of their time.
func (r *Runner) remind(ctx context.Context, x Execution) error {
	if err := r.tell(ctx, x, true); err != nil {
		return err
	}
	x, err := r.Machine.Reminded(ctx, x)
	if err != nil || x.State != Waiting {
		return err
	}
	if _, err := r.bring(ctx, x); err != nil {
		return err
	}
	return r.later(ctx, x, x.Due())
}

func (r *Runner) tell(ctx context.Context, x Execution, reminder bool) error {
	if r.Teller == nil {
		return nil
	}
	q, err := question(ctx, r.Machine.d.Store, &x)
	if err != nil {
		return err
	}
	return r.Teller.Tell(ctx, q, reminder)
}

// plan is the action's plan as the world is now. Where people are asked, the
// target's new head and the policy's present text count, not the event's: they
// are what an answer is bound to.
func (r *Runner) plan(ctx context.Context, x Execution, act action.Action) (Execution, action.Plan, error) {
	if x.asks() && r.PolicyVersion != nil {
		x.PolicyVersion = r.PolicyVersion(x.Policy)
	}
	plan, err := act.Plan(ctx, x.request())
	renewer, renews := act.(action.Renewer)
	if !x.asks() || x.Intent > 0 || !renews || !fault.Is(err, fault.Conflict) {
		return x, plan, err
	}
	target, renewal := renewer.Renew(ctx, x.request())
	if renewal != nil || target == x.Target {
		return x, plan, errors.Join(err, renewal)
	}
	x.Target = target
	plan, err = act.Plan(ctx, x.request())
	return x, plan, err
}

// askAgain gives x back to people, with the plan that it has now.
func (r *Runner) askAgain(ctx context.Context, x Execution, p action.Plan, err error) error {
	if err != nil {
		return err
	}
	x, err = r.Machine.AskAgain(context.WithoutCancel(ctx), x, p, "what would be done has changed since the answer; it is asked again")
	if err != nil {
		return err
	}
	return r.later(ctx, x, x.Due())
}

// asks reports whether people are asked before x runs. A later step of a
// workflow is part of what was asked of the first.
func (x *Execution) asks() bool {
	return x.Previous == "" && (x.Category == Manual || x.Category == Alert)
}

// changed reports whether p is another plan than the one that people answered
// to. Once the effect may have begun, it is finished as it was intended.
func (x *Execution) changed(p action.Plan) (bool, error) {
	if !x.asks() || x.Intent > 0 || x.ApprovedHash == "" || len(p.Effects) == 0 {
		return false, nil
	}
	hash, err := PlanHash(*x, p)
	return hash != x.ApprovedHash, err
}
