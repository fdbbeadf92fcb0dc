package execution

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Check says whose answer it is and how many must approve, or why it does not
// count. It is called within the answer's transaction.
type Check func(q approval.Approval, a approval.Answer) (person string, needed int, err error)

// Answer takes a person's answer to a waiting execution: enough approvals let
// it run, one refusal ends it. If somebody else (a person or a timer) was
// first, or the plan is another than the person saw, the error is a
// fault.Conflict that says so.
func (m *Machine) Answer(ctx context.Context, id string, a approval.Answer, check Check) (Execution, error) {
	return m.apply(ctx, id, change{actor: a.By, fn: func(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (string, error) {
		if x.State != Waiting {
			first := cmp.Or(x.Answer, x.Reason) // names who was first, also when the execution has moved on since
			return "", fault.New(fault.Conflict, "execution %s does not wait for an answer: it is %s%s", x.ID, x.State, because(first))
		}
		q, err := question(ctx, tx, x)
		if err != nil {
			return "", err
		}
		if err := Stale(*x, q, a); err != nil {
			return "", err
		}
		a := a
		a.At = now
		var needed int
		if a.Person, needed, err = check(q, a); err != nil {
			return "", err
		}
		if a.Verb == approval.Reject {
			return reject(tx, x, q, a)
		}
		err = m.hold(ctx, tx, m.d.Holds, *x, now)
		if frozen, ok := errors.AsType[*held](err); ok { // it would be blocked at once, and the approval be used up
			return "", fault.New(fault.Conflict, "execution %s is %s. Approve it when that is lifted", x.ID, frozen.why)
		}
		if err != nil {
			return "", err
		}
		return approve(tx, x, q, a, needed)
	}})
}

// Asked returns an execution with the question that people are asked about it.
func (m *Machine) Asked(ctx context.Context, id string) (Execution, approval.Approval, error) {
	x, err := m.Get(ctx, id)
	if err != nil {
		return x, approval.Approval{}, err
	}
	if x.State != Waiting || x.Round == 0 {
		return x, approval.Approval{}, fault.New(fault.Conflict, "execution %s asks nobody: it is %s%s", x.ID, x.State, because(cmp.Or(x.Answer, x.Reason)))
	}
	q, err := question(ctx, m.d.Store, &x)
	return x, q, err
}

// Stale refuses an answer that is bound to an earlier question, or was given.
func Stale(x Execution, q approval.Approval, a approval.Answer) error {
	if a.Round != 0 && (a.Round != x.Round || a.PlanHash != x.PlanHash) {
		return fault.New(fault.Conflict, "execution %s would do something else by now than you were asked about; look at its new plan", x.ID)
	}
	if a.Link != "" && slices.ContainsFunc(q.Answers, func(b approval.Answer) bool { return b.Link == a.Link }) {
		return fault.New(fault.Conflict, "this link was used already; its answer to execution %s counts once", x.ID)
	}
	return nil
}

func approve(tx store.Tx, x *Execution, q approval.Approval, a approval.Answer, needed int) (string, error) {
	switch {
	case x.Round == 0:
		return "", fault.New(fault.Conflict, "execution %s is still being planned; look at its plan, then approve it", x.ID)
	case x.Deadline != nil && !a.At.Before(*x.Deadline):
		return "", fault.New(fault.Conflict, "execution %s: the time to approve ended at %s", x.ID, x.Deadline.Format(time.RFC3339))
	case a.PlanHash != "" && a.PlanHash != x.PlanHash:
		return "", fault.New(fault.Conflict, "execution %s would do something else by now than you were shown; look at its new plan", x.ID)
	}
	a.PlanHash = x.PlanHash
	q.Answers = append(q.Answers, a)
	if given := len(q.Approvers()); given < needed {
		x.Reason = join("approved by "+a.By, a.Note) + "; more must approve"
		return "execution.approval_counted", putQuestion(tx, q)
	}
	x.NotBefore, x.ApprovedHash, x.Answer = a.At, x.PlanHash, join("approved by "+a.By, a.Note)
	if err := x.move(Ready, x.Answer); err != nil {
		return "", err
	}
	return "execution.approved", end(tx, q, approval.Approved, a.By, a.At)
}

func reject(tx store.Tx, x *Execution, q approval.Approval, a approval.Answer) (string, error) {
	x.Answer = join("rejected by "+a.By, a.Note)
	if err := x.move(Rejected, x.Answer); err != nil {
		return "", err
	}
	if x.Round == 0 { // people were not asked yet: there is no question to end
		return "execution.rejected", nil
	}
	q.Answers = append(q.Answers, a)
	return "execution.rejected", end(tx, q, approval.Rejected, a.By, a.At)
}

func join(text, note string) string {
	if note == "" {
		return text
	}
	return text + ": " + note
}
