package execution_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestToldOnceWhateverCrashes: the comment is made once, and the window runs
// from then on, whichever commit is lost and wherever a worker dies.
func TestToldOnceWhateverCrashes(t *testing.T) {
	t.Parallel()
	course := func(t *testing.T, arm func(*telling)) int {
		t.Helper()
		w := newTelling(t)
		w.put(t, untold(execution.Alert))
		arm(w)
		w.try(t, "x")
		w.pass(t, 20*time.Minute)
		x, tells := w.wantState(t, "x", execution.Waiting), w.wantState(t, "tell-x-1", execution.Succeeded)
		if diff := cmp.Diff([]string{"tell-x-1"}, w.said); diff != "" {
			t.Errorf("said (-want +got):\n%s", diff)
		}
		if x.ToldAt == nil || x.ToldAt.Before(*tells.StartedAt) || x.NotBefore.Sub(*x.ToldAt) != x.Window {
			t.Fatalf("told at %v, the comment was begun at %s, it runs from %s", x.ToldAt, tells.StartedAt, x.NotBefore)
		}
		commits := w.faults.n
		w.pass(t, 2*time.Hour)
		w.wantState(t, "x", execution.Succeeded)
		return commits
	}
	commits := course(t, func(*telling) {})
	if commits < 6 { // asked; claimed, intended, made, read back; told
		t.Fatalf("%d commits", commits)
	}
	for n := 1; n <= commits; n++ {
		at := map[int]error{n: errCrash}
		t.Run(fmt.Sprint("before commit ", n), func(t *testing.T) {
			t.Parallel()
			course(t, func(w *telling) { w.faults.reset(at, nil) })
		})
		t.Run(fmt.Sprint("after commit ", n), func(t *testing.T) {
			t.Parallel()
			course(t, func(w *telling) { w.faults.reset(nil, at) })
		})
	}
	for name, arm := range map[string]func(*telling){
		"dies before the comment": func(w *telling) { w.before = crashOnce() },
		"dies after the comment":  func(w *telling) { w.after = crashOnce() },
		"GitHub is down once":     func(w *telling) { w.before = once(errDown) },
		"the answer is lost":      func(w *telling) { w.after = once(errDown) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			course(t, arm)
		})
	}
}

// once fails with err, once.
func once(err error) func() error {
	return func() error {
		was := err
		err = nil
		return was
	}
}

// TestToldAtOnce: the time to answer begins as soon as the comment is made, also
// when all happens in one second, and the queue takes each name once.
func TestToldAtOnce(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	x := untold(execution.Alert)
	w.put(t, x)
	if err := execution.Enqueue(t.Context(), w.tasks, x, start); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, id := range w.tasks.due(t, w.clock.Now()) {
			w.try(t, id)
		}
	}
	if x := w.wantState(t, "x", execution.Waiting); x.ToldAt == nil {
		t.Errorf("nobody was told of it; said %q", w.said)
	}
}

// TestFreezeHoldsTellingUp: in the scopes of what it tells of, nothing is told
// while they are frozen, and the time to answer does not run; when the freeze is
// lifted, people are told.
func TestFreezeHoldsTellingUp(t *testing.T) {
	t.Parallel()
	frozen := true
	w := newTelling(t, func(_ context.Context, _ store.Tx, x execution.Execution, _ time.Time) (string, error) {
		if frozen && x.Policy == "p" && x.Capability == "error-recovery" {
			return "frozen by ann", nil
		}
		return "", nil
	})
	x := untold(execution.Alert)
	x.Capability = "error-recovery"
	w.put(t, x)
	w.try(t, "x")
	w.pass(t, 2*time.Hour)
	if tells := w.get(t, "tell-x-1"); tells.State != execution.Ready || !tells.Held || len(w.said) > 0 || tells.Policy+tells.Capability != "" {
		t.Fatalf("the telling is %s, held: %t (%s), of policy %q; said %q", tells.State, tells.Held, tells.Reason, tells.Policy, w.said)
	}
	if x := w.wantState(t, "x", execution.Waiting); x.ToldAt != nil {
		t.Errorf("told at %s", x.ToldAt)
	}
	frozen = false
	w.tasks.take(w.clock.Now().Add(time.Hour))
	w.try(t, "tell-x-1") // as its task does that the lift queued
	for _, id := range w.tasks.take(w.clock.Now().Add(time.Second)) {
		w.try(t, id) // what waits is looked at at once
	}
	if x := w.wantState(t, "x", execution.Waiting); x.ToldAt == nil || len(w.said) != 1 {
		t.Errorf("after the freeze: told at %v, said %q", x.ToldAt, w.said)
	}
}

// TestWhatCannotBeToldDoesNotRun: an Alert of which nobody could be told ends,
// and calls a person; a question waits on, since nothing happens without an
// answer.
func TestWhatCannotBeToldDoesNotRun(t *testing.T) {
	t.Parallel()
	for category, want := range map[execution.Category]execution.State{execution.Alert: execution.Blocked, execution.Manual: execution.Waiting} {
		w := newTelling(t)
		w.before = always(fault.New(fault.Forbidden, "the conversation is locked"))
		w.put(t, untold(category))
		w.try(t, "x")
		w.pass(t, 30*time.Minute)
		x := w.wantState(t, "x", want)
		w.wantState(t, "tell-x-1", execution.Failed)
		if (x.ToldAt == nil) != (category == execution.Alert) || w.act.world.effects > 0 || len(w.said) > 0 {
			t.Errorf("%s: told at %v, %d effects", category, x.ToldAt, w.act.world.effects)
		}
		if pages := w.pages(t, "untold"); len(pages) != map[bool]int{true: 1}[category == execution.Alert] {
			t.Errorf("%s: pages %+v", category, pages)
		}
	}
}

// TestDryRunsTellNobody: no comment is written, and what waits can be answered.
func TestDryRunsTellNobody(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	w.runner.Live = func(int64) bool { return false }
	w.put(t, untold(execution.Alert))
	w.try(t, "x")
	w.pass(t, 20*time.Second)
	w.wantState(t, "tell-x-1", execution.Blocked)
	if x := w.wantState(t, "x", execution.Waiting); x.ToldAt == nil || len(w.said) > 0 {
		t.Errorf("told at %v, said %q", x.ToldAt, w.said)
	}
	w.pass(t, 2*time.Hour)
	w.wantState(t, "x", execution.Blocked)
}

// TestOverIsNotTold: what was answered before the comment could be made needs none.
func TestOverIsNotTold(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	w.before = once(errDown)
	w.put(t, untold(execution.Manual))
	w.try(t, "x")
	w.try(t, "tell-x-1")
	if _, err := w.machine.Answer(t.Context(), "x", says(approval.Reject, "key:ann", ""), anybody); err != nil {
		t.Fatal(err)
	}
	before := w.get(t, "tell-x-1")
	before.Intent = 0 // GitHub refused, so nothing is in doubt
	w.put(t, before)
	w.pass(t, 5*time.Minute)
	if tells := w.wantState(t, "tell-x-1", execution.Blocked); !strings.Contains(tells.Reason, "rejected") || len(w.said) > 0 {
		t.Errorf("%s; said %q", tells.Reason, w.said)
	}
}

// TestDoubtIsClearedThoughOver: whether the comment was made is found out, also
// when the question is answered meanwhile.
func TestDoubtIsClearedThoughOver(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	w.after = once(errDown)
	w.put(t, untold(execution.Manual))
	w.try(t, "x")
	w.try(t, "tell-x-1")
	if _, err := w.machine.Answer(t.Context(), "x", says(approval.Reject, "key:ann", ""), anybody); err != nil {
		t.Fatal(err)
	}
	w.pass(t, 5*time.Minute)
	if w.wantState(t, "tell-x-1", execution.Succeeded); len(w.said) != 1 {
		t.Errorf("said %q", w.said)
	}
}

// TestRemindersAndNewRoundsAreTold: each is an effect of its own.
func TestRemindersAndNewRoundsAreTold(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	x := untold(execution.Manual)
	x.Remind = 10 * time.Minute
	w.put(t, x)
	w.try(t, "x")
	w.pass(t, 50*time.Minute+40*time.Second) // no time for sweep to find it
	if len(w.said) != 2 {
		t.Errorf("said %q by the time of the reminder", w.said)
	}
	if _, err := w.machine.Answer(t.Context(), "x", says(approval.Approve, "key:ann", ""), anybody); err != nil {
		t.Fatal(err)
	}
	w.act.push("b2")
	w.try(t, "x")
	w.pass(t, time.Minute)
	if diff := cmp.Diff([]string{"tell-x-1", "remind-x-1", "tell-x-2"}, w.said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if x := w.wantState(t, "x", execution.Waiting); x.Round != 2 || x.ToldAt == nil {
		t.Errorf("round %d, told at %v", x.Round, x.ToldAt)
	}
}

// TestHeldAfterARetry: what waits for its next try is held up by a freeze too.
func TestHeldAfterARetry(t *testing.T) {
	t.Parallel()
	r, act := newBraked(t, action.ClassA, -1)
	x, err := r.machine.Claim(t.Context(), "x", "w")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.machine.Retry(t.Context(), x, start, "down"); err != nil {
		t.Fatal(err)
	}
	*act.brake = true
	if x := r.once(t); x.State != execution.Ready || !x.Held || x.Reason != "waits: frozen by ann" {
		t.Errorf("it is %s, held: %t: %s", x.State, x.Held, x.Reason)
	}
}
