package execution_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// headed merges a pull request whose head may move: like the real one, it takes
// the head that the target names, and no other.
type headed struct {
	*fake
	mu   sync.Mutex
	head string
}

func (h *headed) current() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head
}

func (h *headed) push(sha string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.head = sha
}

func (h *headed) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	p, err := h.fake.Plan(ctx, r)
	if err == nil && r.Target.SHA != h.current() {
		return action.Plan{}, fault.New(fault.Conflict, "its head has moved")
	}
	p.Preconditions = map[string]string{"sha": r.Target.SHA}
	return p, err
}

func (h *headed) Renew(_ context.Context, r action.Request) (action.Target, error) {
	r.Target.SHA = h.current()
	return r.Target, nil
}

// told keeps what people were told.
type told struct {
	mu    sync.Mutex
	ids   []string
	fails int
}

func (p *told) Tell(_ context.Context, q approval.Approval, reminder bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails--; p.fails >= 0 {
		return errors.New("nobody listens")
	}
	p.ids = append(p.ids, fmt.Sprint(q.ID, " ", reminder))
	return nil
}

func untold(c execution.Category) execution.Execution {
	x := ready("x")
	x.State, x.Category, x.Window, x.Target.SHA = execution.Waiting, c, time.Hour, "a1"
	return x
}

func newHeaded(t *testing.T) (*rig, *headed, *told) {
	t.Helper()
	h := &headed{fake: &fake{class: action.ClassA, world: &world{}}, head: "a1"}
	r, people := newRig(t, h), &told{}
	r.runner.Teller = people
	return r, h, people
}

func (r *rig) run(t *testing.T) {
	t.Helper()
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) questions(t *testing.T) map[string]approval.State {
	t.Helper()
	list, _, err := store.List[approval.Approval](t.Context(), r.store, store.Query{Collection: approval.Collection})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]approval.State{}
	for _, q := range list {
		out[q.ID] = q.State
	}
	return out
}

// TestTheTimeToAnswerRunsFromWhenPeopleWereTold: an Alert that nobody could be
// told of does not run, however much later it is.
func TestTheTimeToAnswerRunsFromWhenPeopleWereTold(t *testing.T) {
	t.Parallel()
	r, h, people := newHeaded(t)
	people.fails = 2
	r.put(t, untold(execution.Alert))
	for range 2 {
		if err := r.runner.Run(t.Context(), "x"); err == nil {
			t.Fatal("it was told though nobody listens")
		}
		r.clock.Advance(2 * time.Hour)
	}
	r.run(t)
	x := r.wantState(t, "x", execution.Waiting)
	if want := start.Add(5 * time.Hour); !x.NotBefore.Equal(want) || x.Round != 1 || !r.tasks.last(t).At.Equal(want) {
		t.Fatalf("round %d runs at %s, its task is for %s; want round 1 at %s", x.Round, x.NotBefore, r.tasks.last(t).At, want)
	}
	r.clock.Advance(time.Hour - time.Microsecond)
	r.run(t)
	r.wantState(t, "x", execution.Waiting)
	r.clock.Advance(time.Microsecond)
	r.run(t)
	r.wantState(t, "x", execution.Succeeded)
	if diff := cmp.Diff(map[string]approval.State{"x-1": approval.Unopposed}, r.questions(t)); diff != "" || h.world.effects != 1 {
		t.Errorf("%d effects\n%s", h.world.effects, diff)
	}
	if diff := cmp.Diff([]string{"x-1 false"}, people.ids); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestF11ForcePushAfterApproval: what was approved is gone; nothing is done, and
// people are asked about what is there now.
func TestF11ForcePushAfterApproval(t *testing.T) {
	t.Parallel()
	r, h, people := newHeaded(t)
	r.put(t, untold(execution.Manual))
	r.run(t)
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "github:ann", ""), anybody); err != nil {
		t.Fatal(err)
	}
	h.push("b2")
	r.run(t) // claims, sees another plan, gives it back
	x := r.wantState(t, "x", execution.Waiting)
	r.run(t) // tells people
	if h.world.applies != 0 || x.Round != 2 || x.Target.SHA != "b2" || x.ApprovedHash != "" {
		t.Fatalf("%d calls, round %d at %s, approved %q; want none, asked again at b2", h.world.applies, x.Round, x.Target.SHA, x.ApprovedHash)
	}
	if diff := cmp.Diff([]string{"x-1 false", "x-2 false"}, people.ids); diff != "" {
		t.Error(diff)
	}
	stale := says(approval.Approve, "github:ann", "")
	stale.PlanHash = "of the old plan"
	if _, err := r.machine.Answer(t.Context(), "x", stale, anybody); !fault.Is(err, fault.Conflict) {
		t.Errorf("an answer to the old plan: %v, want a conflict", err)
	}
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "github:ann", ""), anybody); err != nil {
		t.Fatal(err)
	}
	r.run(t)
	r.wantState(t, "x", execution.Succeeded)
	want := map[string]approval.State{"x-1": approval.Superseded, "x-2": approval.Approved}
	if diff := cmp.Diff(want, r.questions(t)); diff != "" || h.world.effects != 1 {
		t.Errorf("%d effects\n%s", h.world.effects, diff)
	}
}

// TestAnotherPolicyTextIsAskedAgain: the policy is part of what was approved.
func TestAnotherPolicyTextIsAskedAgain(t *testing.T) {
	t.Parallel()
	r, h, _ := newHeaded(t)
	version := "1"
	r.runner.PolicyVersion = func(string) string { return version }
	r.put(t, untold(execution.Manual))
	r.run(t)
	if _, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "github:ann", ""), anybody); err != nil {
		t.Fatal(err)
	}
	version = "2"
	r.run(t)
	if x := r.wantState(t, "x", execution.Waiting); x.Round != 2 || h.world.applies != 0 {
		t.Errorf("round %d, %d calls", x.Round, h.world.applies)
	}
}

func TestWhatCannotBePlannedIsNotAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		noop bool
		err  error
		want execution.State
	}{
		"done already": {noop: true, want: execution.Succeeded},
		"gone":         {err: fault.New(fault.NotFound, "no such issue"), want: execution.Superseded},
		"closed":       {err: fault.New(fault.Conflict, "it is closed"), want: execution.Superseded},
		"forbidden":    {err: fault.New(fault.Forbidden, "a permission is missing"), want: execution.Blocked},
		"invalid":      {err: fault.New(fault.Invalid, "no such label"), want: execution.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{class: action.ClassA, noop: c.noop, plan: func() error { return c.err }}
			r, people := newRig(t, of(f)), &told{}
			r.runner.Teller = people
			r.put(t, untold(execution.Manual))
			r.run(t)
			if x := r.wantState(t, "x", c.want); x.Reason == "" || len(people.ids) != 0 || len(r.questions(t)) != 0 {
				t.Errorf("%q, told %v, asked %v", x.Reason, people.ids, r.questions(t))
			}
		})
	}
	f := &fake{class: action.ClassA, plan: func() error { return fault.New(fault.Unavailable, "down") }}
	r := newRig(t, of(f))
	r.put(t, untold(execution.Manual))
	if err := r.runner.Run(t.Context(), "x"); err == nil {
		t.Error("GitHub is down and the task is not called again")
	}
	r.wantState(t, "x", execution.Waiting)
}

func TestReminderOnce(t *testing.T) {
	t.Parallel()
	r, _, people := newHeaded(t)
	x := untold(execution.Manual)
	x.Remind = 10 * time.Minute
	r.put(t, x)
	r.run(t)
	if at := r.tasks.last(t).At; !at.Equal(start.Add(50 * time.Minute)) {
		t.Fatalf("woken at %s, want to remind", at)
	}
	r.clock.Advance(50 * time.Minute)
	r.run(t)
	r.run(t)
	if at := r.tasks.last(t).At; !at.Equal(start.Add(time.Hour)) {
		t.Errorf("woken at %s, want at its end", at)
	}
	if diff := cmp.Diff([]string{"x-1 false", "x-1 true"}, people.ids); diff != "" {
		t.Error(diff)
	}
	r.clock.Advance(10 * time.Minute)
	r.run(t)
	r.wantState(t, "x", execution.Expired)
}

// TestSeveralMustApprove counts people, not answers.
func TestSeveralMustApprove(t *testing.T) {
	t.Parallel()
	r, _, _ := newHeaded(t)
	r.put(t, untold(execution.Manual))
	r.run(t)
	two := func(_ approval.Approval, a approval.Answer) (string, int, error) {
		return strings.TrimPrefix(strings.TrimPrefix(a.By, "key:"), "github:"), 2, nil
	}
	for _, by := range []string{"github:ann", "key:ann"} { // one human
		if x, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, by, ""), two); err != nil || x.State != execution.Waiting {
			t.Fatalf("%s: %s, %v; want it to wait for another", by, x.State, err)
		}
	}
	if x, err := r.machine.Answer(t.Context(), "x", says(approval.Approve, "key:bob", ""), two); err != nil || x.State != execution.Ready {
		t.Fatalf("%s, %v; want ready", x.State, err)
	}
}

// TestF9ApprovalAgainstTimeout races an approval against the timer, 1,000
// times within 50 ms before or after the end: one of them wins each time, and
// the loser is told who did.
func TestF9ApprovalAgainstTimeout(t *testing.T) {
	t.Parallel()
	approved, expired := 0, 0
	for i := range 1000 {
		r, _, _ := newHeaded(t)
		r.put(t, untold(execution.Manual))
		r.run(t)
		r.clock.Advance(time.Hour + time.Duration(i%101-50)*time.Millisecond)
		var answer, timer error
		var group sync.WaitGroup
		group.Go(func() {
			_, answer = r.machine.Answer(t.Context(), "x", says(approval.Approve, "github:ann", ""), anybody)
		})
		group.Go(func() { timer = r.runner.Run(t.Context(), "x") })
		group.Wait()
		if timer != nil {
			t.Fatal(timer)
		}
		switch x := r.get(t, "x"); {
		case answer == nil && x.ApprovedHash != "":
			approved++
		case x.State == execution.Expired:
			expired++
			if text, _ := fault.Public(answer); !fault.Is(answer, fault.Conflict) || !strings.Contains(text, "in time") && !strings.Contains(text, "ended at") {
				t.Fatalf("the loser is told %v", answer)
			}
		case fault.Is(answer, fault.Conflict) && x.State == execution.Waiting: // refused at its end, before the timer looked
			r.run(t)
			r.wantState(t, "x", execution.Expired)
			expired++
		default:
			t.Fatalf("%v and %s (%s)", answer, x.State, x.Reason)
		}
	}
	if approved+expired != 1000 || approved < 400 || expired < 400 {
		t.Errorf("%d approved, %d expired; want 1000 outcomes of both kinds", approved, expired)
	}
}
