package execution

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// ActorWorkflow moves the steps of a workflow.
const ActorWorkflow = "system:workflow"

// course is a workflow with its own steps, in order, within one transaction.
type course struct {
	tx    store.Tx
	now   time.Time
	w     Workflow
	from  WorkflowState
	steps []*Execution
	actor string // who moves the workflow and its steps
	page  *page.Page
}

// follow does to x's workflow what x's move asks for, in x's transaction: the
// next step may begin, or what was done is undone.
func (m *Machine) follow(ctx context.Context, tx store.Tx, x *Execution, now time.Time) error {
	c, err := m.course(ctx, tx, x, now)
	if err != nil {
		return err
	}
	switch running, compensating := c.w.State == WorkflowRunning, c.w.State == WorkflowCompensating; {
	case running && x.State == Succeeded:
		err = c.goOn(x)
	case running && x.State.Terminal():
		err = c.fail(x)
	case compensating && x.State == Reverted:
		err = c.compensate(c.w.Reason)
	case compensating && x.State == RevertFailed:
		c.stop(WorkflowStuck, c.w.Reason+"; "+c.name(x)+" could not be undone")
	}
	if err != nil {
		return fmt.Errorf("workflow %s: %w", c.w.ID, err)
	}
	return c.write(ctx)
}

// course reads x's workflow and its other steps.
func (m *Machine) course(ctx context.Context, tx store.Tx, x *Execution, now time.Time) (*course, error) {
	w, err := workflow(ctx, tx, x.WorkflowID)
	if err != nil {
		return nil, err
	}
	c := &course{tx: tx, now: now, w: w, from: w.State, actor: ActorWorkflow}
	for _, s := range w.Steps {
		switch {
		case s.MadeBy != "":
		case s.Execution == x.ID:
			c.steps = append(c.steps, x)
		default:
			other, err := get(ctx, tx, s.Execution)
			if err != nil {
				return nil, err
			}
			c.steps = append(c.steps, &other)
		}
	}
	return c, nil
}

// move moves s and writes it.
func (c *course) move(s *Execution, to State, verb, reason string) error {
	from := s.State
	if err := s.move(to, reason); err != nil {
		return err
	}
	return put(c.tx, s, from, c.actor, verb, c.now)
}

// goOn begins the step after x.
func (c *course) goOn(x *Execution) error {
	for _, s := range c.steps {
		if s.Step > x.Step {
			s.NotBefore = c.now
			return c.move(s, Ready, "execution.begun", "")
		}
	}
	c.stop(WorkflowDone, "")
	return nil
}

// fail ends the steps after x and undoes those before it.
func (c *course) fail(x *Execution) error {
	why := fmt.Sprintf("%s is %s%s", c.name(x), x.State, because(x.Reason))
	to := Superseded
	if x.State == Rejected {
		to = Rejected
	}
	for _, s := range c.steps {
		if s.State != Planned {
			continue
		}
		if err := c.move(s, to, "execution."+string(to), why); err != nil {
			return err
		}
	}
	return c.compensate(why)
}

// compensate undoes the last effect that stands. It stops at one that cannot
// be undone: what was done before is what that one was built on.
func (c *course) compensate(why string) error {
	c.w.State, c.w.Reason = WorkflowCompensating, why
	for i := len(c.steps) - 1; i >= 0; i-- {
		s := c.steps[i]
		switch {
		case !s.stands():
		case !s.Reversible:
			c.stop(WorkflowStuck, why+"; "+c.name(s)+" cannot be undone")
			c.page = &page.Page{
				Kind: "workflow", Severity: page.Warning, Subject: workflowKey(c.w.ID).String(),
				Summary: fmt.Sprintf("Workflow %s of policy %s is stuck half way: %s.", c.w.ID, c.w.Policy, c.w.Reason),
				Do:      fmt.Sprintf("See what stands with `infinity workflow %s`, and put it right by hand.", c.w.ID),
			}
			return nil
		default:
			s.wantUndone(c.actor, why, c.now)
			return c.move(s, Reverting, "execution.undo_wanted", why)
		}
	}
	c.stop(WorkflowUndone, why)
	return nil
}

func (c *course) stop(state WorkflowState, reason string) { c.w.State, c.w.Reason = state, reason }

// name names a step for people.
func (c *course) name(s *Execution) string { return fmt.Sprintf("step %d (%s)", s.Step, s.Action) }

// write writes the workflow as its steps now are, with a record if its state
// changed. The steps are written already.
func (c *course) write(ctx context.Context) error {
	w := &c.w
	w.Stands, w.Undone, w.Metrics = nil, nil, Metrics{}
	w.UpdatedAt, w.FinishedAt = c.now, nil
	if w.State.Ended() {
		w.FinishedAt = &c.now
		w.Metrics.DurationMS = c.now.Sub(w.CreatedAt).Milliseconds()
	}
	states := map[string]State{}
	for i := len(c.steps) - 1; i >= 0; i-- {
		s := c.steps[i]
		states[s.ID] = s.State
		if s.stands() || s.State == Reverting {
			w.Stands = append(w.Stands, s.Step)
		}
		if s.State == Reverted {
			w.Undone = append(w.Undone, s.Step)
		}
		w.Metrics.Attempts += s.Attempt
		if s.Undo != nil {
			w.Metrics.Undos += s.Undo.Tries
		}
	}
	for i := range w.Steps {
		if state, own := states[w.Steps[i].Execution]; own {
			w.Steps[i].State = state
		}
	}
	if c.page != nil {
		if err := page.Raise(ctx, c.tx, *c.page, c.actor, c.now); err != nil {
			return err
		}
	}
	if err := c.tx.Put(workflowKey(w.ID), *w); err != nil || w.State == c.from {
		return err
	}
	return audit.Write(c.tx, w.record(c.from, "workflow."+string(w.State), c.actor, c.now))
}

// record is the audit record of the workflow's move.
func (w *Workflow) record(from WorkflowState, verb, actor string, at time.Time) audit.Record {
	steps := func(numbers []int) string { return strings.Trim(fmt.Sprint(numbers), "[]") }
	return audit.Record{
		At: at, Actor: actor, Verb: verb, Subject: workflowKey(w.ID).String(), From: string(from), To: string(w.State),
		Reason: w.Reason, Decision: w.DecisionID, Event: w.EventID,
		Details: map[string]string{"policy": w.Policy, "steps": fmt.Sprint(len(w.Steps)), "stands": steps(w.Stands), "undone": steps(w.Undone)},
	}
}

// WorkflowCreated returns the audit record of a new workflow, for the
// transaction that creates it.
func WorkflowCreated(w Workflow, actor string) audit.Record {
	return w.record("", "workflow.created", actor, w.CreatedAt)
}
