package execution

import (
	"context"
	"errors"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// System actors that move executions when their time has come.
const (
	ActorExecute = "system:execute"
	ActorVeto    = "system:veto-window" // nobody vetoed in time
	ActorExpiry  = "system:expiry"      // nobody approved in time
)

// errWaiting says that the execution waits for people or for its timer.
var errWaiting = errors.New("the execution waits")

// ErrUntold says that people have not been asked yet, or not been told.
var ErrUntold = errors.New("people have not been told of it")

// Claim takes the execution for owner under a new lease. It ends veto windows
// and approvals whose time is over, and asks the gates. Besides a claimed
// execution (State running or verifying) it may return one that the claim
// itself ended (expired, blocked); ErrFinal, ErrHeld and *NotDue say that
// there is nothing to do now.
func (m *Machine) Claim(ctx context.Context, id, owner string) (Execution, error) {
	claim := change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
		return m.claim(ctx, tx, x, now, owner)
	}}
	x, err := m.apply(ctx, id, claim)
	if frozen, ok := errors.AsType[*held](err); ok {
		return m.putOff(ctx, id, frozen.why)
	}
	if !errors.Is(err, errWaiting) {
		return x, err
	}
	timer := change{actor: ActorExpiry, fn: expire}
	if x.Category == Alert {
		timer = change{actor: ActorVeto, fn: endVeto}
	}
	if x, err = m.apply(ctx, id, timer); err != nil || x.State.Terminal() {
		return x, err
	}
	return m.apply(ctx, id, claim)
}

// endVeto lets an execution run that nobody vetoed. One that is no longer
// waiting is left alone: whoever moved it was first.
func endVeto(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
	switch {
	case x.State != Waiting:
		return "", nil
	case x.ToldAt == nil:
		return "", ErrUntold
	case now.Before(x.NotBefore):
		return "", &NotDue{At: x.Due(), Now: now}
	}
	x.Answer, x.ApprovedHash = "nobody vetoed in time", x.PlanHash
	if err := x.move(Ready, x.Answer); err != nil {
		return "", err
	}
	return "execution.veto_window_ended", endQuestion(ctx, tx, x, approval.Unopposed, ActorVeto, now)
}

// expire ends an execution that nobody approved.
func expire(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
	switch {
	case x.State != Waiting:
		return "", nil
	case x.ToldAt == nil:
		return "", ErrUntold
	case x.Deadline == nil || now.Before(*x.Deadline):
		return "", &NotDue{At: x.Due(), Now: now}
	}
	x.Answer = "nobody approved in time"
	if err := x.move(Expired, x.Answer); err != nil {
		return "", err
	}
	return "execution.expired", endQuestion(ctx, tx, x, approval.Expired, ActorExpiry, now)
}

func (m *Machine) claim(ctx context.Context, tx store.Tx, x *Execution, now time.Time, owner string) (string, error) {
	switch {
	case x.State.Terminal():
		return "", ErrFinal
	case x.State == Waiting:
		return "", errWaiting
	case now.Before(x.NotBefore):
		return "", &NotDue{At: x.NotBefore, Now: now}
	case x.State.Leased() && x.Lease != nil && now.Before(x.Lease.Until):
		return "", ErrHeld
	case x.State == Reverting:
		return m.claimUndo(ctx, tx, x, now, owner)
	}
	if x.State != Verifying { // the effect is made already: only its record is missing
		if x.StartedAt != nil || x.Tells != "" { // what waits untold is told when the freeze is lifted
			if err := m.hold(ctx, tx, m.d.Holds, *x, now); err != nil {
				return "", err
			}
		}
		if refusal, err := m.ask(ctx, tx, *x, now); err != nil {
			return "", err
		} else if refusal != "" {
			return m.refuse(x, refusal)
		}
		if err := x.move(Running, ""); err != nil {
			return "", err
		}
		x.Held = false
		x.Attempt++
	} else {
		x.Looks++
	}
	if x.StartedAt == nil {
		x.StartedAt = &now
	}
	x.Lease = &Lease{Owner: owner, Fence: fence(x) + 1, Until: now.Add(m.d.Lease)}
	return "execution.claimed", nil
}

// refuse ends an execution that a gate stopped. One whose effect may have
// begun is not blocked but in doubt.
func (m *Machine) refuse(x *Execution, refusal string) (string, error) {
	if x.Intent > 0 {
		return "execution.uncertain", x.move(Uncertain, "stopped after the effect may have begun: "+refusal)
	}
	return "execution.blocked", x.move(Blocked, refusal)
}

func fence(x *Execution) int64 {
	if x.Lease == nil {
		return 0
	}
	return x.Lease.Fence
}

// checkHeld checks that a write still carries the newest fence.
func checkHeld(x *Execution, by Execution) error {
	if by.Lease == nil || x.Lease == nil || x.Lease.Fence != by.Lease.Fence || !x.State.Leased() {
		return fault.Wrap(fault.Conflict, ErrHeld, "another worker has taken over")
	}
	return nil
}
