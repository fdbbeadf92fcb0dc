package execution_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

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
				func() error {
					_, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "ann", ""), anybody)
					return err
				},
				func() error {
					_, err := r.machine.Answer(t.Context(), "x", says(approval.Reject, "ann", ""), anybody)
					return err
				},
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
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "ann", ""), anybody); !fault.Is(err, fault.Conflict) {
		t.Errorf("an approval after the deadline: %v, want a conflict", err)
	}
	r.wantState(t, "x", execution.Waiting)
}

// TestS14WhatIsNotPlannedCannotBeApproved: there is nothing yet that an answer
// could be bound to; it may be stopped all the same.
func TestS14WhatIsNotPlannedCannotBeApproved(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	x := waiting("x", execution.Manual)
	x.Round, x.Plan, x.PlanHash = 0, nil, ""
	r.put(t, x)
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "ann", ""), anybody); !fault.Is(err, fault.Conflict) {
		t.Errorf("an approval of nothing: %v, want a conflict", err)
	}
	r.wantState(t, "x", execution.Waiting)
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Reject, "ann", ""), anybody); err != nil {
		t.Error(err)
	}
}

func TestSecondAnswerIsToldOfTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.put(t, waiting("x", execution.Alert))
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "github:ann", "go"), anybody); err != nil {
		t.Fatal(err)
	}
	if _, err := r.machine.Claim(t.Context(), "x", "w"); err != nil {
		t.Fatalf("an approved execution waits: %v", err)
	}
	_, err := r.machine.Answer(t.Context(), "x", says(approval.Reject, "github:bob", "stop"), anybody)
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
		wg.Go(func() {
			_, vetoErr = r.machine.Answer(t.Context(), "x", says(approval.Reject, "github:ann", "stop"), anybody)
		})
		wg.Go(func() { _, timerErr = r.machine.Claim(t.Context(), "x", "w") })
		wg.Go(func() {
			_, approveErr = r.machine.Answer(t.Context(), "x", says(approval.Approve, "github:bob", "go"), anybody)
		})
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
