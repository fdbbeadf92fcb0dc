package execution

import (
	"context"
	"errors"
	"log/slog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

// undo undoes x's effect. A try whose worker died is made again: undoing twice
// is harmless, and the intent before each try bounds how often it happens.
func (r *Runner) undo(ctx context.Context, x Execution, act action.Action) error {
	reverter, ok := act.(action.Reverter)
	switch {
	case !ok:
		return r.notUndone(ctx, x, fault.New(fault.Internal, "this version has no way to undo %s", x.Action), true)
	case x.Undo.Tries >= MaxUndos || x.Undo.Claims > maxClaims:
		return r.notUndone(ctx, x, fault.New(fault.Internal, "the workers that tried died on it"), true)
	case !r.Live(x.InstallationID):
		return r.notUndone(ctx, x, fault.New(fault.Forbidden, "installation %d is not live", x.InstallationID), false)
	}
	res, found, err := made(ctx, x, act)
	if err != nil {
		return r.notUndone(ctx, x, err, false)
	}
	if !found {
		_, err := r.Machine.Undone(context.WithoutCancel(ctx), x, "no effect was found that could be undone")
		return err
	}
	tries := x.Undo.Tries
	if x, err = r.Machine.IntendUndo(ctx, x); err != nil {
		return err
	}
	asking, asked := r.stoppable(ctx, r.Machine.d.UndoGates, x)
	err = reverter.Revert(asking, x.request(), x.plan(), res)
	switch {
	case errors.Is(err, permit.ErrStopped):
		if asked.Sent() == 0 {
			x.Undo.Tries = tries
		}
		return r.stopped(ctx, x, err)
	case err != nil:
		return r.notUndone(ctx, x, err, x.Undo.Tries >= MaxUndos)
	}
	_, err = r.Machine.Undone(context.WithoutCancel(ctx), x, x.Undo.Reason)
	return err
}

// made returns what x's effect made. An effect in doubt that a probe can find
// is looked for.
func made(ctx context.Context, x Execution, act action.Action) (res action.Result, found bool, err error) {
	if x.Result != nil {
		return *x.Result, true, nil
	}
	if prober, ok := act.(action.Prober); ok {
		return prober.Probe(ctx, x.request())
	}
	return res, x.Plan != nil, nil
}

// plan is what x intended; an empty one if that is not known.
func (x *Execution) plan() action.Plan {
	if x.Plan == nil {
		return action.Plan{}
	}
	return *x.Plan
}

// notUndone gives x back to be tried later, or calls a person.
func (r *Runner) notUndone(ctx context.Context, x Execution, cause error, last bool) error {
	if errors.Is(cause, permit.ErrStopped) {
		return r.stopped(ctx, x, cause)
	}
	r.Log.WarnContext(ctx, "effect not undone", slog.String("execution", x.ID), slog.Int("try", x.Undo.Tries), slog.Any("error", cause))
	message, wait := fault.Public(cause)
	if last || x.Undo.Claims >= maxClaims {
		_, err := r.Machine.UndoFailed(context.WithoutCancel(ctx), x, message)
		return err
	}
	if wait == 0 {
		wait = r.backoff(max(x.Undo.Tries, x.Undo.Claims))
	}
	at := r.Clock.Now().Add(wait)
	x, err := r.Machine.RetryUndo(context.WithoutCancel(ctx), x, at, message)
	if err != nil {
		return err
	}
	return r.later(ctx, x, at)
}
