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
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// step is a write of the lease's holder; it is refused under an older fence.
// in are the states that it may be made in; none means all.
func (m *Machine) step(ctx context.Context, held Execution, verb string, fn func(x *Execution, now time.Time) error, in ...State) (Execution, error) {
	return m.apply(ctx, held.ID, change{actor: ActorExecute, fn: func(_ context.Context, _ store.Tx, x *Execution, now time.Time) (string, error) {
		if err := checkHeld(x, held); err != nil {
			return "", err
		}
		if len(in) > 0 && !slices.Contains(in, x.State) {
			return "", fault.New(fault.Conflict, "execution %s is %s%s; %s does not fit", x.ID, x.State, because(x.Reason), verb)
		}
		return verb, fn(x, now)
	}})
}

// Intend records, before the effect, what is about to be done.
func (m *Machine) Intend(ctx context.Context, x Execution, p action.Plan) (Execution, error) {
	hash, err := PlanHash(x, p)
	if err != nil {
		return x, err
	}
	return m.step(ctx, x, "execution.intended", func(x *Execution, _ time.Time) error {
		x.Plan, x.PlanHash, x.Intent = &p, hash, x.Attempt
		return nil
	}, Running)
}

// Applied records the effect that was made; it is to be verified.
func (m *Machine) Applied(ctx context.Context, x Execution, res action.Result) (Execution, error) {
	return m.step(ctx, x, "execution.applied", func(x *Execution, _ time.Time) error {
		x.Result = &res
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
// the target, or in doubt. p is the plan that was made, if any.
func (m *Machine) End(ctx context.Context, x Execution, to State, reason string, p *action.Plan) (Execution, error) {
	return m.step(ctx, x, "execution."+string(to), func(x *Execution, _ time.Time) error {
		if p != nil {
			x.Plan = p
		}
		if to == Succeeded {
			x.Outcome = action.Worked
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
// arguments and the plan's effects and preconditions, in canonical JSON.
func PlanHash(x Execution, p action.Plan) (string, error) {
	canonical, err := json.Marshal(map[string]any{
		"action": x.Action, "target": x.Target, "args": x.Args,
		"effects": p.Effects, "preconditions": p.Preconditions,
	})
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
	return shortHash("effect", name, repository, t.Kind, t.ID, state)
}
