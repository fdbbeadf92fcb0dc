package execution_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
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
	const running, verifying, reverting = execution.Running, execution.Verifying, execution.Reverting
	return map[string]move{
		"approve": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Answer(ctx, x.ID, says(approval.Approve, "github:ann", "fine"), anybody)
		}, from{execution.Waiting: execution.Ready}, "execution.approved"},
		"reject": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Answer(ctx, x.ID, says(approval.Reject, "github:ann", "no"), anybody)
		}, from{execution.Waiting: execution.Rejected}, "execution.rejected"},
		"claim": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Claim(ctx, x.ID, "worker-2")
		}, from{execution.Ready: running, running: running, verifying: verifying, reverting: reverting}, "execution.claimed"},
		"revert": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Revert(ctx, x.ID, "github:ann", "wrong")
		}, from{execution.Succeeded: reverting, execution.Failed: reverting, execution.Uncertain: reverting, execution.RevertFailed: reverting}, "execution.undo_wanted"},
		"intend undo": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.IntendUndo(ctx, x)
		}, from{reverting: reverting}, "execution.undo_intended"},
		"undone": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Undone(ctx, x, "as wanted")
		}, from{reverting: execution.Reverted}, "execution.reverted"},
		"retry undo": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.RetryUndo(ctx, x, start.Add(time.Hour), "again")
		}, from{reverting: reverting}, "execution.undo_retry"},
		"intend": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Intend(ctx, x, action.Plan{})
		}, from{running: running}, "execution.intended"},
		"applied": {func(ctx context.Context, m *execution.Machine, x execution.Execution) (execution.Execution, error) {
			return m.Applied(ctx, x, action.Result{ID: "1"}, 0)
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
	if slices.Contains([]execution.State{execution.Succeeded, execution.Failed, execution.Uncertain, execution.Reverting, execution.RevertFailed}, s) {
		x.Intent, x.Attempt, x.Reversible = 1, 1, true
	}
	if s.Terminal() {
		x.FinishedAt = &start
	}
	if s == execution.Reverting {
		x.Undo = &execution.Undo{By: "github:ann", At: start}
	}
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
