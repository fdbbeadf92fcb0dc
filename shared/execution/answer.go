package execution

import (
	"context"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Approve lets a waiting execution run. Who may is checked by the caller. If
// somebody else (a person or a timer) was first, the error is a
// fault.Conflict that says who and what.
func (m *Machine) Approve(ctx context.Context, id, by, note string) (Execution, error) {
	return m.answer(ctx, id, by, "execution.approved", func(x *Execution, now time.Time) error {
		if x.Deadline != nil && !now.Before(*x.Deadline) {
			return fault.New(fault.Conflict, "execution %s: the time to approve ended at %s", x.ID, x.Deadline.Format(time.RFC3339))
		}
		x.NotBefore, x.Answer = now, join("approved by "+by, note)
		return x.move(Ready, x.Answer)
	})
}

// Reject ends a waiting execution: a refused approval or a veto.
func (m *Machine) Reject(ctx context.Context, id, by, reason string) (Execution, error) {
	return m.answer(ctx, id, by, "execution.rejected", func(x *Execution, _ time.Time) error {
		x.Answer = join("rejected by "+by, reason)
		return x.move(Rejected, x.Answer)
	})
}

func (m *Machine) answer(ctx context.Context, id, by, verb string, fn func(*Execution, time.Time) error) (Execution, error) {
	return m.apply(ctx, id, change{actor: by, fn: func(_ context.Context, _ store.Tx, x *Execution, now time.Time) (string, error) {
		if x.State != Waiting {
			why := x.Answer // names who was first, also when the execution has moved on since
			if why == "" {
				why = x.Reason
			}
			return "", fault.New(fault.Conflict, "execution %s does not wait for an answer: it is %s%s", x.ID, x.State, because(why))
		}
		return verb, fn(x, now)
	}})
}

func join(text, note string) string {
	if note == "" {
		return text
	}
	return text + ": " + note
}
