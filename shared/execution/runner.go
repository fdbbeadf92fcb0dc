package execution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Queue is the task queue whose tasks carry an execution's id.
const Queue = "executions"

// MaxAttempts is how often an effect is tried before the execution fails.
const MaxAttempts = 5

// maxClaims is how many attempts, or looks, may die with their worker: an
// action that kills whoever runs it must end too.
const maxClaims = 2 * MaxAttempts

// Runner drives one claimed execution through its action: probe, plan, intent,
// apply, verify. It holds no state of its own.
type Runner struct {
	Machine *Machine
	Actions *action.Registry
	Tasks   task.Enqueuer
	Live    func(installation int64) bool // false: dry run
	Clock   clock.Clock
	Log     *slog.Logger
	Owner   string // names this worker in leases
	// Teller tells people what is asked of them; nil tells nobody.
	Teller Teller
	// PolicyVersion returns the present text of a policy, as a hash; nil takes
	// the one that was decided by.
	PolicyVersion func(policy string) string
	Jitter        func() float64 // in [0,1); nil is chance
}

// Run does what the execution id needs now. An error means that the task is
// to be called again; that there is nothing to do is no error.
func (r *Runner) Run(ctx context.Context, id string) error {
	began := r.Clock.Now()
	x, err := r.Machine.Claim(ctx, id, r.Owner)
	var notDue *NotDue
	switch {
	case errors.Is(err, ErrFinal): // who ended it may have died before waking the next
		return r.wake(ctx, x)
	case errors.Is(err, ErrHeld): // its holder may be dead: look again when the lease ends
		return r.later(ctx, x, x.Lease.Until)
	case errors.Is(err, ErrUntold):
		return r.propose(ctx, x)
	case errors.As(err, &notDue) && x.RemindAt != nil && !notDue.Now.Before(*x.RemindAt):
		return r.remind(ctx, x)
	case errors.As(err, &notDue):
		return r.later(ctx, x, notDue.At)
	case err != nil:
		return err
	case !x.State.Leased():
		return r.wake(ctx, x) // the claim itself ended it: expired or blocked
	}
	if err := r.drive(ctx, x, began); err != nil || x.WorkflowID == "" && x.Tells == "" {
		return err
	}
	return r.wake(context.WithoutCancel(ctx), x)
}

// wake queues what goes on now that x may have ended: the next of its workflow,
// or what people were to be told of.
func (r *Runner) wake(ctx context.Context, x Execution) error {
	if x.Tells != "" {
		return r.wakeAsked(ctx, x)
	}
	return r.Machine.Wake(ctx, r.Tasks, x)
}

// drive does with the claimed x what its state asks for.
func (r *Runner) drive(ctx context.Context, x Execution, began time.Time) error {
	act, err := r.Actions.Lookup(x.Action)
	switch {
	case err != nil && x.State == Reverting:
		return r.notUndone(ctx, x, err, true)
	case err != nil:
		return r.end(ctx, x, Failed, err, nil)
	}
	// A third of the lease is left, so that no request outlives it. It is counted
	// by this worker's clock from before the claim: the lease's end is by the
	// store's clock, and a worker may stand still before it gets here.
	ctx, cancel := context.WithTimeout(ctx, r.Machine.d.Lease*2/3-max(r.Clock.Now().Sub(began), 0))
	defer cancel()
	switch x.State {
	case Verifying:
		return r.verify(ctx, x, act)
	case Reverting:
		return r.undo(ctx, x, act)
	default:
		return r.effect(ctx, x, act)
	}
}

// effect makes the effect, once.
func (r *Runner) effect(ctx context.Context, x Execution, act action.Action) error {
	begun := x.Intent // above 0: an earlier try may have made the effect
	if x.Attempt > maxClaims {
		return r.giveUp(ctx, x, fault.New(fault.Internal, "%d workers died on it", maxClaims))
	}
	prober, probes := act.(action.Prober)
	if begun > 0 && (x.Class == action.ClassC || x.Class == action.ClassB && !probes) {
		return r.end(ctx, x, Uncertain, errors.New("an earlier try may have made the effect, and nothing tells whether it did"), nil)
	}
	if probes && begun > 0 {
		res, found, err := prober.Probe(ctx, x.request())
		if err != nil {
			return r.again(ctx, x, err)
		}
		if found {
			return r.applied(ctx, x, act, res)
		}
	}
	x, plan, err := r.plan(ctx, x, act)
	if err != nil {
		return r.again(ctx, x, err)
	}
	if other, err := x.changed(plan); err != nil || other {
		return r.askAgain(ctx, x, plan, err)
	}
	if len(plan.Effects) == 0 {
		if x.Intent > 0 { // an earlier try did it: the plan that it intended is what Revert needs
			return r.end(ctx, x, Succeeded, errors.New("the resource is already as wanted: an earlier try made the effect"), nil)
		}
		return r.end(ctx, x, Succeeded, errors.New("the resource is already as wanted; nothing was changed"), &plan)
	}
	if !r.Live(x.InstallationID) {
		return r.end(ctx, x, Blocked, fmt.Errorf("dry run: installation %d is not live; the plan says what would be done", x.InstallationID), &plan)
	}
	if x, err = r.Machine.Intend(ctx, x, plan); err != nil || x.State != Running {
		return err // or a fight between policies was stopped
	}
	return r.apply(ctx, x, act, plan, begun)
}

// apply makes the intended effect; begun is the intent before this try.
func (r *Runner) apply(ctx context.Context, x Execution, act action.Action, plan action.Plan, begun int) error {
	asking, asked := r.stoppable(ctx, r.Machine.d.Holds, x)
	res, err := act.Apply(asking, x.request(), plan)
	switch {
	case errors.Is(err, permit.ErrStopped):
		if asked.Sent() == 0 {
			x.Intent = begun
		}
		return r.stopped(ctx, x, err)
	case err != nil:
		return r.notApplied(ctx, x, begun, err)
	}
	return r.applied(ctx, x, act, res)
}

// applied records the effect even if making it took all of ctx's time. One that
// needs time to settle is read back by a later task.
func (r *Runner) applied(ctx context.Context, x Execution, act action.Action, res action.Result) error {
	settle := act.Spec().Settle
	x, err := r.Machine.Applied(context.WithoutCancel(ctx), x, res, settle)
	if err != nil {
		return err
	}
	if settle > 0 {
		return r.later(ctx, x, x.NotBefore)
	}
	return r.verify(ctx, x, act)
}

func (r *Runner) verify(ctx context.Context, x Execution, act action.Action) error {
	if x.Looks > maxClaims { // reading back kills its workers
		_, err := r.Machine.Verified(ctx, x, action.Unknown)
		return err
	}
	outcome, err := act.Verify(ctx, x.request(), *x.Result)
	if errors.Is(err, permit.ErrStopped) {
		return r.stopped(ctx, x, err)
	}
	if err != nil && fault.Retriable(err) && x.Looks < MaxAttempts {
		_, wait := fault.Public(err)
		at := r.Clock.Now().Add(max(wait, r.backoff(x.Looks+1)))
		if x, err = r.Machine.LookAgain(context.WithoutCancel(ctx), x, at); err != nil {
			return err
		}
		return r.later(ctx, x, at)
	}
	if err != nil {
		r.Log.WarnContext(ctx, "effect not read back", slog.String("execution", x.ID), slog.Any("error", err))
		outcome = action.Unknown
	}
	_, err = r.Machine.Verified(context.WithoutCancel(ctx), x, outcome)
	return err
}

func (r *Runner) end(ctx context.Context, x Execution, to State, why error, p *action.Plan) error {
	reason := why.Error()
	if to == Failed {
		r.Log.InfoContext(ctx, "execution failed", slog.String("execution", x.ID), slog.Any("error", why))
		reason, _ = fault.Public(why)
	}
	_, err := r.Machine.End(context.WithoutCancel(ctx), x, to, reason, p)
	return err
}

// later has the task called again at the time; its name makes it one task.
func (r *Runner) later(ctx context.Context, x Execution, at time.Time) error {
	return Enqueue(context.WithoutCancel(ctx), r.Tasks, x, at)
}

// Enqueue queues the task that runs x, once for each state and attempt of it.
func Enqueue(ctx context.Context, tasks task.Enqueuer, x Execution, at time.Time) error {
	at = at.Add(time.Millisecond - 1).Truncate(time.Millisecond) // no clock is finer: it must not come before its time
	return enqueue(ctx, tasks, x, at, fmt.Sprint(at.Unix()))
}

// enqueue queues the task that runs x, once for each state and attempt of it and
// each occasion.
func enqueue(ctx context.Context, tasks task.Enqueuer, x Execution, at time.Time, occasion string) error {
	body, err := json.Marshal(TaskBody{Execution: x.ID})
	if err != nil {
		return fmt.Errorf("queue execution %s: %w", x.ID, err)
	}
	name := fmt.Sprintf("%s-%s-%d-%s", x.ID, x.State, fence(&x), occasion)
	err = tasks.Enqueue(ctx, task.Task{Queue: Queue, Name: name, At: at, Body: body})
	if err != nil && !errors.Is(err, task.ErrExists) {
		return fmt.Errorf("queue execution %s: %w", x.ID, err)
	}
	return nil
}

// TaskBody is the body of a task on Queue.
type TaskBody struct {
	Execution string `json:"execution"`
}

func (x *Execution) request() action.Request {
	r := action.Request{Key: x.ID, Target: x.Target, Args: x.Args}
	if x.StartedAt != nil {
		r.Since = *x.StartedAt
	}
	return r
}
