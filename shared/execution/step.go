package execution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/docid"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// step is a write of the lease's holder; it is refused under an older fence.
// in are the states that it may be made in; none means all.
func (m *Machine) step(ctx context.Context, held Execution, verb string, fn func(x *Execution, now time.Time) error, in ...State) (Execution, error) {
	return m.stepIn(ctx, held, func(_ context.Context, _ store.Tx, x *Execution, now time.Time) (string, error) {
		return verb, fn(x, now)
	}, in...)
}

// stepIn is step for a write that reads or changes other documents too.
func (m *Machine) stepIn(ctx context.Context, held Execution, fn func(context.Context, store.Tx, *Execution, time.Time) (string, error), in ...State) (Execution, error) {
	return m.apply(ctx, held.ID, change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
		if err := checkHeld(x, held); err != nil {
			return "", err
		}
		if len(in) > 0 && !slices.Contains(in, x.State) {
			return "", fault.New(fault.Conflict, "execution %s is %s%s; what was done does not fit", x.ID, x.State, because(x.Reason))
		}
		return fn(ctx, tx, x, now)
	}})
}

// Intend records, before the effect, what is about to be done. If that would go
// on with a fight between policies, the execution comes back Blocked.
func (m *Machine) Intend(ctx context.Context, x Execution, p action.Plan) (Execution, error) {
	hash, err := PlanHash(x, p)
	if err != nil {
		return x, err
	}
	return m.stepIn(ctx, x, func(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
		fight, err := m.contend(ctx, tx, x, p, now)
		if err != nil {
			return "", err
		}
		if fight != "" {
			return m.refuse(x, fight)
		}
		x.Plan, x.PlanHash, x.Intent = &p, hash, x.Attempt
		return "execution.intended", nil
	}, Running)
}

// Applied records the effect that was made; it is to be verified, not before
// settle has passed.
func (m *Machine) Applied(ctx context.Context, x Execution, res action.Result, settle time.Duration) (Execution, error) {
	return m.step(ctx, x, "execution.applied", func(x *Execution, now time.Time) error {
		x.Result = &res
		if settle > 0 { // nobody needs to hold it meanwhile
			x.NotBefore, x.Lease.Until = now.Add(settle), now.Add(settle)
		}
		return x.move(Verifying, "")
	}, Running)
}

// Verified ends a verified execution by what was read back.
func (m *Machine) Verified(ctx context.Context, x Execution, outcome action.Outcome) (Execution, error) {
	return m.step(ctx, x, "execution.verified", func(x *Execution, _ time.Time) error {
		x.Outcome = outcome
		switch outcome {
		case action.Worked:
			return x.move(Succeeded, "")
		case action.Failed:
			return x.move(Failed, "the effect was made but could not be read back as wanted")
		default:
			return x.move(Uncertain, "the effect was made; whether it worked could not be read back")
		}
	}, Verifying)
}

// LookAgain gives a verifying execution back: the target is still at it, and
// the effect is to be read back not before at.
func (m *Machine) LookAgain(ctx context.Context, x Execution, at time.Time) (Execution, error) {
	return m.step(ctx, x, "execution.look_again", func(x *Execution, _ time.Time) error {
		x.NotBefore, x.Lease.Until = at, at
		return x.move(Verifying, "")
	}, Verifying)
}

// End ends x in state to without an effect: nothing to do, dry run, refused by
// the target, or in doubt. p is the plan that was made, if any. As in Retry,
// the intent becomes x's.
func (m *Machine) End(ctx context.Context, x Execution, to State, reason string, p *action.Plan) (Execution, error) {
	intent := x.Intent
	return m.step(ctx, x, "execution."+string(to), func(x *Execution, _ time.Time) error {
		if p != nil {
			x.Plan = p
		}
		x.Intent = intent
		switch to {
		case Succeeded:
			x.Outcome = action.Worked
		case Failed:
			x.Outcome = action.Failed
		case Uncertain:
			x.Outcome = action.Unknown
		default: // nothing was tried
		}
		return x.move(to, reason)
	})
}

// Retry gives the execution back, to be claimed again not before at. The
// intent becomes x's: the caller lowers it when the target refused the effect,
// so that no doubt is left behind.
func (m *Machine) Retry(ctx context.Context, x Execution, at time.Time, reason string) (Execution, error) {
	intent := x.Intent
	return m.step(ctx, x, "execution.retry", func(x *Execution, _ time.Time) error {
		x.NotBefore, x.Intent = at, intent
		return x.move(Ready, reason)
	})
}

// PlanHash is the hex SHA-256 of what an approval is bound to: action, target,
// arguments, the plan's effects and preconditions, and the steps that follow,
// in canonical JSON.
func PlanHash(x Execution, p action.Plan) (string, error) {
	bound := map[string]any{
		"action": x.Action, "target": x.Target, "args": x.Args,
		"effects": p.Effects, "preconditions": p.Preconditions, "policy": x.PolicyVersion,
	}
	if len(x.Following) > 0 {
		bound["following"] = x.Following
	}
	canonical, err := json.Marshal(bound)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "cannot hash the plan of %s", x.ID)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// EffectKey names an effect: equal keys are one effect. It is the id of the
// execution: 26 characters of lower-case base32 of a SHA-256.
func EffectKey(name string, t action.Target, state string) string {
	repository := t.Repository
	if t.RepositoryID != 0 { // survives renames
		repository = fmt.Sprint(t.RepositoryID)
	}
	return docid.Of("effect", name, repository, t.Kind, t.ID, state)
}
