package decision

import (
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// proposedSteps lists the steps of a policy that has several.
func proposedSteps(p *policy.Policy) []ProposedStep {
	if len(p.Do) == 1 {
		return nil
	}
	steps := make([]ProposedStep, len(p.Do))
	for i, name := range p.Actions() {
		steps[i].Action = name
	}
	return steps
}

// want adds the executions that p proposes. Of two policies that want the same
// effect the one that was granted more has it, of equals the one that does
// more, and the other says so: what a policy does, it does whole.
func (d *Draft) want(xs []execution.Execution, p *Proposal) {
	rivals := d.rivals(xs)
	for _, rival := range rivals {
		if !beats(xs, d.of(rival)) {
			p.Note, p.Doubled = sameEffect(rival), true
			if p.Steps == nil {
				p.ExecutionID = xs[0].ID
			}
			return
		}
	}
	for _, rival := range rivals {
		d.drop(rival, sameEffect(p.Policy))
	}
	p.ExecutionID = xs[0].ID
	for i := range p.Steps {
		p.Steps[i].ExecutionID = xs[i].ID
	}
	if len(xs) > 1 {
		w := execution.NewWorkflow(xs)
		p.WorkflowID = w.ID
		d.Workflows = append(d.Workflows, w)
	}
	d.Executions = append(d.Executions, xs...)
}

// rivals returns the policies whose executions have an effect of xs.
func (d *Draft) rivals(xs []execution.Execution) []string {
	var names []string
	for _, other := range d.Executions {
		if !slices.Contains(names, other.Policy) && slices.ContainsFunc(xs, func(x execution.Execution) bool { return x.ID == other.ID }) {
			names = append(names, other.Policy)
		}
	}
	return names
}

// of returns the executions of one policy.
func (d *Draft) of(name string) []execution.Execution {
	return slices.DeleteFunc(slices.Clone(d.Executions), func(x execution.Execution) bool { return x.Policy != name })
}

func beats(a, b []execution.Execution) bool {
	mine, other := string(a[0].Category), string(b[0].Category)
	if mine == other {
		return len(a) > len(b)
	}
	return higher(other, mine) == mine
}

// drop takes out what the policy of that name proposed, and notes why.
func (d *Draft) drop(name, why string) {
	d.Executions = slices.DeleteFunc(d.Executions, func(x execution.Execution) bool { return x.Policy == name })
	d.Workflows = slices.DeleteFunc(d.Workflows, func(w execution.Workflow) bool { return w.Policy == name })
	for i := range d.Decision.Proposals {
		if p := &d.Decision.Proposals[i]; p.Policy == name {
			p.none(why)
		}
	}
}

// none says why p makes no execution. One of several steps names none, since
// not all of them need be there; another keeps the name of the effect.
func (p *Proposal) none(why string) {
	p.Note, p.Doubled, p.WorkflowID = why, true, ""
	if p.Steps == nil {
		return
	}
	p.ExecutionID, p.Steps = "", slices.Clone(p.Steps)
	for i := range p.Steps {
		p.Steps[i].ExecutionID = ""
	}
}

// Executions returns the ids of the executions that p names, in order.
func (p *Proposal) Executions() []string {
	if p.Steps == nil && p.ExecutionID != "" {
		return []string{p.ExecutionID}
	}
	var ids []string
	for _, s := range p.Steps {
		if s.ExecutionID != "" {
			ids = append(ids, s.ExecutionID)
		}
	}
	return ids
}

func sameEffect(name string) string {
	return "policy " + name + " of this decision wants the same effect"
}
