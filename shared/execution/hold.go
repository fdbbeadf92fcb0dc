package execution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// pause is how long what a freeze holds up is left alone, unless the freeze is
// lifted before. The end is on the minute, so that whoever looks in between
// asks for the same task.
const pause = time.Minute

func resume(now time.Time) time.Time { return now.Truncate(pause).Add(pause) }

// held says that a freeze holds up what has begun.
type held struct{ why string }

// Error implements error.
func (h *held) Error() string { return "held up: " + h.why }

// hold asks gates whether x, which has begun, may go on.
func (m *Machine) hold(ctx context.Context, tx store.Tx, gates []Gate, x Execution, now time.Time) error {
	x, err := onBehalf(ctx, tx, x)
	if err != nil {
		return err
	}
	for _, gate := range gates {
		if refusal, err := gate(ctx, tx, x, now); err != nil {
			return err
		} else if refusal != "" {
			return &held{why: refusal}
		}
	}
	return nil
}

// fresh is how old an answer about freezes may be: reading it from a slow store
// may take longer than a freeze may take to hold.
const fresh = 400 * time.Millisecond

// asks is how often a store that is too slow is asked.
const asks = 10

// permit is asked before each changing request of x.
func (m *Machine) permit(gates []Gate, x Execution) func(ctx context.Context) error {
	ask := m.permitOnce(gates, x)
	return func(ctx context.Context) error {
		for range asks {
			began := m.d.Clock.Now()
			if err := ask(ctx); err != nil || m.d.Clock.Now().Sub(began) <= fresh {
				return err
			}
		}
		return fault.New(fault.Unavailable, "the store is too slow to say whether it is frozen")
	}
}

func (m *Machine) permitOnce(gates []Gate, x Execution) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		err := m.d.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
			if err := m.hold(ctx, tx, gates, x, m.d.Clock.Now()); err != nil {
				return err
			}
			return errAsked
		})
		frozen, ok := errors.AsType[*held](err)
		switch {
		case errors.Is(err, errAsked):
			return nil
		case ok:
			return fault.Wrap(fault.Forbidden, err, "%s", frozen.why)
		}
		return fault.Wrap(fault.Unavailable, err, "whether it is frozen cannot be read")
	}
}

// putOff records why what has begun waits, once for each reason. The claim that
// was refused committed nothing, so that it may have read what is no longer so:
// what somebody else has claimed or brought to its end meanwhile is left alone.
func (m *Machine) putOff(ctx context.Context, id, why string) (Execution, error) {
	var at time.Time
	x, err := m.apply(ctx, id, change{actor: ActorExecute, fn: func(_ context.Context, _ store.Tx, x *Execution, now time.Time) (string, error) {
		at = now
		claimed := x.Lease != nil && now.Before(x.Lease.Until) && x.State.Leased()
		if claimed || now.Before(x.NotBefore) || x.State.Terminal() || x.State == Waiting || x.State == Verifying {
			return "", nil
		}
		if state, verb, reason := waiting(x.State, why); !x.Held || x.Reason != reason {
			x.Held, x.NotBefore = true, now
			return verb, x.move(state, reason)
		}
		return "", nil
	}})
	if err != nil {
		return x, err
	}
	return x, &NotDue{At: resume(at), Now: at}
}

// waiting is how what has to wait is left, and what is said of it.
func waiting(s State, why string) (to State, verb, reason string) {
	switch s {
	case Reverting:
		return Reverting, "execution.undo_waits", "undoing waits: " + why
	case Verifying:
		return Verifying, "execution.look_again", "reading back waits: " + why
	default:
		return Ready, "execution.held", "waits: " + why
	}
}

// Hold gives back a claimed execution that was stopped before its next request
// left, to be claimed again not before at; by a freeze if held is set. The claim
// does not count, and the intent becomes x's: the caller lowers it when no
// request had left.
func (m *Machine) Hold(ctx context.Context, x Execution, at time.Time, held bool, why string) (Execution, error) {
	intent, tries := x.Intent, 0
	if x.Undo != nil {
		tries = x.Undo.Tries
	}
	return m.stepIn(ctx, x, func(_ context.Context, _ store.Tx, x *Execution, _ time.Time) (string, error) {
		state, verb, reason := waiting(x.State, why)
		switch x.State {
		case Reverting:
			x.Undo.Tries, x.Undo.Claims = tries, x.Undo.Claims-1
		case Verifying:
			x.Looks = max(x.Looks-1, 0)
		default:
			x.Intent, x.Attempt = intent, max(x.Attempt-1, intent)
		}
		x.Held, x.NotBefore, x.Lease.Until = held, at, at
		return verb, x.move(state, reason)
	}, Running, Verifying, Reverting)
}

// stopped gives x back, whose request err stopped before it left: a freeze, to
// go on when it is lifted, or a used up budget, to go on when there is some.
func (r *Runner) stopped(ctx context.Context, x Execution, err error) error {
	why, wait := fault.Public(err)
	now := r.Clock.Now()
	at, next, held := now, resume(now), true
	if fault.Is(err, fault.Exhausted) {
		at, next, held = now.Add(wait), now.Add(wait), false
	}
	if x, err = r.Machine.Hold(context.WithoutCancel(ctx), x, at, held, why); err != nil {
		return err
	}
	return r.later(ctx, x, next)
}

// stoppable is ctx whose changing requests ask gates first.
func (r *Runner) stoppable(ctx context.Context, gates []Gate, x Execution) (context.Context, *permit.Permit) {
	return permit.With(ctx, r.Machine.permit(gates, x))
}

// WakeHeld queues what freezes hold up, for when one was lifted: each asks
// again whether it may go on. What a crash leaves out, sweep finds.
func WakeHeld(ctx context.Context, st store.Reader, tasks task.Enqueuer, now time.Time) error {
	q := store.Query{
		Collection: Collection, OrderBy: "updated_at", Limit: store.MaxPage,
		Where: []store.Filter{{Field: "held", Op: store.Eq, Value: true}},
	}
	var errs []error
	for {
		found, next, err := store.List[Execution](ctx, st, q)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("list what is held up: %w", err))...)
		}
		for _, x := range found {
			errs = append(errs, Enqueue(ctx, tasks, x, now))
		}
		if next == "" || len(errs) > 0 && errors.Join(errs...) != nil {
			return errors.Join(errs...)
		}
		q.Cursor = next
	}
}
