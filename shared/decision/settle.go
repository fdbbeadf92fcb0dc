package decision

import (
	"errors"
	"fmt"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Settle returns d with the executions only whose effect nobody wanted before,
// and says on the others' proposals what became of them. Of a workflow the
// steps whose effect stands already are left out; if one was wanted and does
// not stand, there is no workflow. known returns the execution of an id, or
// store.ErrNotFound. d stays as it is, so that a transaction that is tried
// again starts afresh.
func (d Draft) Settle(known func(id string) (execution.Execution, error)) (Draft, error) {
	wanted := d.Decision.Proposals
	s := Draft{Decision: d.Decision}
	s.Decision.Proposals = slices.Clone(wanted)
	for i := range wanted {
		p := &s.Decision.Proposals[i]
		xs := d.of(p.Policy)
		if len(xs) == 0 {
			continue
		}
		fresh, made, taken, err := settle(xs, known)
		switch {
		case err != nil:
			return Draft{}, err
		case taken != "":
			p.none(taken)
		case len(fresh) == 0:
			p.none("decision " + made[0].MadeBy + " had all of it done before")
		default:
			s.take(p, xs[0], fresh, made)
		}
	}
	return s, nil
}

// settle parts the executions of one policy into those that nobody wanted
// before and the steps whose effect stands already; taken says which effect is
// another's.
func settle(xs []execution.Execution, known func(id string) (execution.Execution, error)) (fresh []execution.Execution, made []execution.WorkflowStep, taken string, err error) {
	for _, x := range xs {
		old, err := known(x.ID)
		recorded := err == nil && old.Category == execution.Record // what was only recorded does not stand in the way
		switch {
		case errors.Is(err, store.ErrNotFound), recorded && x.Category != execution.Record:
			fresh = append(fresh, x)
		case err != nil:
			return nil, nil, "", err
		case x.WorkflowID != "" && old.State == execution.Succeeded:
			made = append(made, execution.WorkflowStep{
				Step: x.Step, Action: x.Action, Execution: x.ID, State: old.State, MadeBy: old.DecisionID,
			})
		default:
			taken = fmt.Sprintf("decision %s wanted the same effect before; it is %s", old.DecisionID, old.State)
			if x.WorkflowID != "" {
				taken = fmt.Sprintf("step %d: %s", x.Step, taken)
			}
			return nil, nil, taken, nil
		}
	}
	return fresh, made, "", nil
}

// take adds what p proposes: what is left of it begins as first would have.
func (d *Draft) take(p *Proposal, first execution.Execution, fresh []execution.Execution, made []execution.WorkflowStep) {
	if p.WorkflowID != "" {
		x := &fresh[0]
		x.Previous, x.State, x.Reason = "", first.State, first.Reason
		p.Steps = slices.Clone(p.Steps)
		for _, m := range made {
			p.Steps[m.Step-1].Note = "decision " + m.MadeBy + " made this effect before"
		}
		p.ExecutionID = fresh[0].ID
		w := execution.NewWorkflow(fresh, made...)
		d.Workflows = append(d.Workflows, w)
	}
	d.Executions = append(d.Executions, fresh...)
}
