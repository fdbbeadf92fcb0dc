package execution

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backoff"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

// notApplied handles an Apply that failed. Unless the target refused it, the
// effect may have been made; what cannot be found out ends uncertain. begun is
// the intent before this try.
func (r *Runner) notApplied(ctx context.Context, x Execution, begun int, cause error) error {
	doubtful := fault.Is(cause, fault.Unavailable) || fault.Is(cause, fault.Internal)
	if x.Class == action.ClassC && doubtful {
		return r.end(ctx, x, Uncertain, cause, nil)
	}
	if !doubtful {
		x.Intent = begun
	}
	if doubtful && x.Class == action.ClassB {
		return r.againAfter(ctx, x, cause, settle)
	}
	return r.again(ctx, x, cause)
}

// settle is how long a request that was given up may still be carried out: a
// probe before that finds nothing, and the effect is made twice. GitHub ends
// requests after 10 s.
// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
const settle = 15 * time.Second

// again gives x back to be tried later, or ends it when that cannot help.
func (r *Runner) again(ctx context.Context, x Execution, cause error) error {
	return r.againAfter(ctx, x, cause, 0)
}

// againAfter is again, with more added to the wait.
func (r *Runner) againAfter(ctx context.Context, x Execution, cause error, more time.Duration) error {
	if errors.Is(cause, permit.ErrStopped) {
		return r.stopped(ctx, x, cause)
	}
	if o, ok := errors.AsType[*action.Obstacle](cause); ok {
		_, err := r.Machine.Obstruct(context.WithoutCancel(ctx), x, o)
		return err
	}
	limit := MaxAttempts
	if fault.Is(cause, fault.Exhausted) { // it says when; that others use the limit up is no failure of x
		limit = maxClaims
	}
	if x.Attempt >= limit || (!fault.Retriable(cause) && !fault.Is(cause, fault.Conflict)) {
		return r.giveUp(ctx, x, cause)
	}
	message, wait := fault.Public(cause)
	if wait == 0 {
		wait = r.backoff(x.Attempt)
	}
	wait += more
	r.Log.InfoContext(ctx, "execution to be tried again", slog.String("execution", x.ID),
		slog.Int("attempt", x.Attempt), slog.Duration("wait", wait), slog.Any("error", cause))
	at := r.Clock.Now().Add(wait)
	x, err := r.Machine.Retry(context.WithoutCancel(ctx), x, at, message)
	if err != nil {
		return err
	}
	return r.later(ctx, x, at)
}

// giveUp ends x: failed, or uncertain if a try may have made the effect.
func (r *Runner) giveUp(ctx context.Context, x Execution, cause error) error {
	if x.Intent == 0 {
		return r.end(ctx, x, Failed, cause, nil)
	}
	message, _ := fault.Public(cause)
	return r.end(ctx, x, Uncertain, errors.New("gave up, and an earlier try may have made the effect: "+message), nil)
}

// backoff doubles from one second, with up to half of it as jitter, so that
// those who failed together do not come back together.
func (r *Runner) backoff(attempt int) time.Duration {
	d := backoff.Delay(attempt, time.Second, 64*time.Second)
	jitter := rand.Float64
	if r.Jitter != nil {
		jitter = r.Jitter
	}
	return d + time.Duration(jitter()*float64(d/2))
}
