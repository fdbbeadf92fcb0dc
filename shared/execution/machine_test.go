package execution_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

var states = []execution.State{
	execution.Planned, execution.Waiting, execution.Ready, execution.Running, execution.Verifying, execution.Succeeded,
	execution.Failed, execution.Rejected, execution.Expired, execution.Superseded, execution.Blocked, execution.Uncertain,
	execution.Reverting, execution.Reverted, execution.RevertFailed,
}

// move is one method of the machine; from says what it makes of each state
// that it takes. All other states refuse it.
type move struct {
	call func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error)
	from map[execution.State]execution.State
	verb string
}

func moves() map[string]move {
	end := func(to execution.State) func(context.Context, *execution.Machine, execution.Execution) (execution.Execution, error) {
		return func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.End(ctx, x, to, "why", nil)
		}
	}
	verified := func(o action.Outcome) func(context.Context, *execution.Machine, execution.Execution) (execution.Execution, error) {
		return func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Verified(ctx, x, o)
		}
	}
	type from = map[execution.State]execution.State
	const running, verifying = execution.Running, execution.Verifying
	return map[string]move{
		"approve": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Approve(ctx, x.ID, "github:ann", "fine")
		}, from{execution.Waiting: execution.Ready}, "execution.approved"},
		"reject": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Reject(ctx, x.ID, "github:ann", "no")
		}, from{execution.Waiting: execution.Rejected}, "execution.rejected"},
		"claim": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Claim(ctx, x.ID, "worker-2")
		}, from{execution.Ready: running, running: running, verifying: verifying}, "execution.claimed"},
		"intend": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Intend(ctx, x, action.Plan{})
		}, from{running: running}, "execution.intended"},
		"applied": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Applied(ctx, x, action.Result{ID: "1"})
		}, from{running: verifying}, "execution.applied"},
		"retry": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Retry(ctx, x, start.Add(time.Hour), "again")
		}, from{running: execution.Ready}, "execution.retry"},
		"look again": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.LookAgain(ctx, x, start.Add(time.Hour))
		}, from{verifying: verifying}, "execution.look_again"},
		"worked":    {verified(action.Worked), from{verifying: execution.Succeeded}, "execution.verified"},
		"did not":   {verified(action.Failed), from{verifying: execution.Failed}, "execution.verified"},
		"unknown":   {verified(action.Unknown), from{verifying: execution.Uncertain}, "execution.verified"},
		"fail":      {end(execution.Failed), from{running: execution.Failed, verifying: execution.Failed}, "execution.failed"},
		"block":     {end(execution.Blocked), from{running: execution.Blocked}, "execution.blocked"},
		"supersede": {end(execution.Superseded), from{running: execution.Superseded}, "execution.superseded"},
		"expire":    {end(execution.Expired), from{}, ""},
	}
}

// in returns an execution in a state, its lease over an hour ago.
func in(s execution.State) execution.Execution {
	x := ready("x")
	x.State, x.Reason = s, "as it was"
	switch {
	case s == execution.Waiting:
		return waiting("x", execution.Manual)
	case s.Leased():
		x.Lease = &execution.Lease{Owner: "worker-1", Fence: 3, Until: start.Add(-time.Hour)}
		x.Attempt, x.StartedAt = 1, &start
	}
	return x
}

func TestEveryMoveFromEveryState(t *testing.T) {
	t.Parallel()
	for name, m := range moves() {
		for _, s := range states {
			if s == execution.Reverting && name == "claim" {
				continue // nothing reverts yet
			}
			t.Run(name+" "+string(s), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, nil)
				before := in(s)
				r.put(t, before)
				got, err := m.call(t.Context(), r.machine, before)
				after, records := r.get(t, "x"), r.records(t, "x")
				to, allowed := m.from[s]
				if !allowed {
					if err == nil {
						t.Fatalf("it is allowed: now %s", after.State)
					}
					if diff := cmp.Diff(before, after); diff != "" || len(records) > 0 {
						t.Errorf("it was refused and changed (%d records):\n%s", len(records), diff)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(got, after); diff != "" {
					t.Errorf("returned (-) and stored (+) differ:\n%s", diff)
				}
				if after.State != to || (after.FinishedAt != nil) != to.Terminal() {
					t.Errorf("it is %s, finished at %v, want %s", after.State, after.FinishedAt, to)
				}
				if len(records) != 1 || records[0].Verb != m.verb || records[0].From != string(s) || records[0].To != string(to) {
					t.Errorf("records %+v, want one %s from %s to %s", records, m.verb, s, to)
				}
			})
		}
	}
}

// A store that fails leaves neither the move nor its record; one whose answer
// is lost leaves both.
func TestMoveAndRecordAreOne(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	for name, m := range moves() {
		for s, to := range m.from {
			t.Run(name+" "+string(s), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, nil)
				before := in(s)
				r.put(t, before)
				r.faults.reset(map[int]error{1: lost}, nil)
				if _, err := m.call(t.Context(), r.machine, before); !errors.Is(err, lost) {
					t.Fatalf("got %v", err)
				}
				if diff := cmp.Diff(before, r.get(t, "x")); diff != "" || len(r.records(t, "x")) != 0 {
					t.Errorf("a failed commit left something:\n%s", diff)
				}
				r.faults.reset(nil, map[int]error{1: lost})
				if _, err := m.call(t.Context(), r.machine, before); !errors.Is(err, lost) {
					t.Fatalf("got %v", err)
				}
				if x := r.get(t, "x"); x.State != to || len(r.records(t, "x")) != 1 {
					t.Errorf("a commit whose answer is lost left %s and %d records", x.State, len(r.records(t, "x")))
				}
			})
		}
	}
}

func TestLeaseAndFence(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.put(t, ready("x"))
	first, err := r.machine.Claim(t.Context(), "x", "a")
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(lease - time.Microsecond)
	held, err := r.machine.Claim(t.Context(), "x", "b")
	if !errors.Is(err, execution.ErrHeld) || held.Lease == nil || !held.Lease.Until.Equal(start.Add(lease)) {
		t.Fatalf("a held lease: %v, %+v", err, held.Lease)
	}
	r.clock.Advance(time.Microsecond)
	second, err := r.machine.Claim(t.Context(), "x", "b")
	if err != nil || second.Lease.Fence <= first.Lease.Fence || second.Lease.Owner != "b" || second.Attempt != 2 {
		t.Fatalf("an expired lease: %v, %+v after %+v", err, second.Lease, first.Lease)
	}
	if !second.StartedAt.Equal(start) {
		t.Errorf("started at %s, want the first claim's %s", second.StartedAt, start)
	}
	before, records := r.get(t, "x"), len(r.records(t, "x"))
	for name, m := range moves() {
		if _, step := m.from[execution.Running]; !step || name == "claim" {
			continue
		}
		if _, err := m.call(t.Context(), r.machine, first); !errors.Is(err, execution.ErrHeld) || !fault.Is(err, fault.Conflict) {
			t.Errorf("%s under an old fence: %v, want a conflict", name, err)
		}
	}
	if diff := cmp.Diff(before, r.get(t, "x")); diff != "" || len(r.records(t, "x")) != records {
		t.Errorf("writes under an old fence changed it:\n%s", diff)
	}
	if _, err := r.machine.Intend(t.Context(), second, action.Plan{}); err != nil {
		t.Errorf("the newest fence is refused: %v", err)
	}
}

func TestHeldRunLooksAgainWhenTheLeaseEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, of(&fake{class: action.ClassA}))
	r.put(t, ready("x"))
	if _, err := r.machine.Claim(t.Context(), "x", "dead"); err != nil {
		t.Fatal(err)
	}
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if at := r.tasks.last(t).At; !at.Equal(start.Add(lease)) {
		t.Errorf("the task is for %s, want the lease's end", at)
	}
}

func TestTimers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category       execution.Category
		wait           time.Duration
		state          execution.State
		actor, because string
	}{
		{execution.Alert, 5 * time.Minute, execution.Running, execution.ActorVeto, "nobody vetoed in time"},
		{execution.Manual, time.Hour, execution.Expired, execution.ActorExpiry, "nobody approved in time"},
	} {
		t.Run(string(c.category), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			r.put(t, waiting("x", c.category))
			for _, step := range []time.Duration{0, c.wait - time.Microsecond, -c.wait} { // the clock may be stepped back
				r.clock.Advance(step)
				var notDue *execution.NotDue
				if _, err := r.machine.Claim(t.Context(), "x", "w"); !errors.As(err, &notDue) || !notDue.At.Equal(start.Add(c.wait)) {
					t.Fatalf("at %s: %v, want not due before %s", r.clock.Now(), err, start.Add(c.wait))
				}
			}
			r.clock.Advance(c.wait + time.Microsecond)
			if _, err := r.machine.Claim(t.Context(), "x", "w"); err != nil {
				t.Fatal(err)
			}
			r.wantState(t, "x", c.state)
			if first := r.records(t, "x"); !containsActor(t, r, c.actor) || len(first) == 0 {
				t.Errorf("no record by %s: %+v", c.actor, first)
			}
			for _, answer := range []func() error{
				func() error { _, err := r.machine.Approve(t.Context(), "x", "ann", ""); return err },
				func() error { _, err := r.machine.Reject(t.Context(), "x", "ann", ""); return err },
			} {
				if err := answer(); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), c.because) {
					t.Errorf("a late answer: %v, want a conflict that says %q", err, c.because)
				}
			}
		})
	}
}

func containsActor(t *testing.T, r *rig, actor string) bool {
	t.Helper()
	for _, rec := range r.records(t, "x") {
		if rec.Actor == actor {
			return true
		}
	}
	return false
}

func TestApprovalEndsWithItsDeadline(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.put(t, waiting("x", execution.Manual))
	r.clock.Advance(time.Hour) // the timer's task is late
	if _, err := r.machine.Approve(t.Context(), "x", "ann", ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("an approval after the deadline: %v, want a conflict", err)
	}
	r.wantState(t, "x", execution.Waiting)
}

func TestSecondAnswerIsToldOfTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.put(t, waiting("x", execution.Alert))
	if _, err := r.machine.Approve(t.Context(), "x", "github:ann", "go"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.machine.Claim(t.Context(), "x", "w"); err != nil {
		t.Fatalf("an approved execution waits: %v", err)
	}
	_, err := r.machine.Reject(t.Context(), "x", "github:bob", "stop")
	if message, _ := fault.Public(err); !fault.Is(err, fault.Conflict) || !strings.Contains(message, "approved by github:ann") {
		t.Errorf("got %v, want a conflict that names ann", err)
	}
}

// F9: an answer against the timer, at the instant at which both may win.
func TestRaces(t *testing.T) {
	t.Parallel()
	for range 200 {
		r := newRig(t, nil)
		r.put(t, waiting("x", execution.Alert))
		r.clock.Advance(5 * time.Minute)
		var wg sync.WaitGroup
		var vetoErr, timerErr, approveErr error
		wg.Go(func() { _, vetoErr = r.machine.Reject(t.Context(), "x", "github:ann", "stop") })
		wg.Go(func() { _, timerErr = r.machine.Claim(t.Context(), "x", "w") })
		wg.Go(func() { _, approveErr = r.machine.Approve(t.Context(), "x", "github:bob", "go") })
		wg.Wait()
		outcomes := 0
		for _, rec := range r.records(t, "x") {
			if rec.From == string(execution.Waiting) {
				outcomes++
			}
		}
		x := r.get(t, "x")
		if outcomes != 1 || (vetoErr == nil) != (x.State == execution.Rejected) || (vetoErr == nil && approveErr == nil) {
			t.Fatalf("%d outcomes; veto %v, approval %v, timer %v; it is %s", outcomes, vetoErr, approveErr, timerErr, x.State)
		}
		for _, err := range []error{vetoErr, approveErr} {
			if err != nil && (!fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), x.Answer)) {
				t.Fatalf("the loser is told %v, but the winner is %q", err, x.Answer)
			}
		}
	}
}
