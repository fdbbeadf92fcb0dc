package main

import (
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// follows reports whether x comes after a step that need not wait for a person.
func follows(x execution.Execution, executions map[string]execution.Execution) bool {
	if x.State != execution.Planned || x.Previous == "" || x.Category == execution.Record {
		return false
	}
	for {
		before, ok := executions[x.Previous]
		if !ok || before.State != execution.Planned {
			return ok && before.State != execution.Waiting
		}
		x = before
	}
}

// outcomeOf prints what became of a decision.
func outcomeOf(a *app, d decision.Decision, executions map[string]execution.Execution) error {
	what := a.paint.State(d.Category)
	switch {
	case d.Cause != "" && d.Matched == 0:
		what += ", caused by the platform itself"
	case d.Matched == 0:
		what += ", no policy matched"
	}
	if err := a.printf("Decision %s: %s.\n", view.Short(d.ID), what); err != nil {
		return err
	}
	for _, p := range d.Proposals {
		if p.Steps != nil {
			if err := stepsOutcome(a, p, executions); err != nil {
				return err
			}
			continue
		}
		x, ok := executions[p.ExecutionID]
		line := p.Note
		if ok {
			line = fmt.Sprintf("execution %s %s on %s", view.Short(x.ID), a.paint.State(string(x.State)), view.Clean(x.Resource))
			switch {
			case x.DecisionID != d.ID:
				line += "; not done again: " + view.Clean(p.Note)
			case x.State == execution.Blocked:
				line += ": " + view.Clean(x.Reason)
			}
		}
		if err := a.printf("  %s (%s): %s, %s\n", p.Policy, p.Level, p.Action, line); err != nil {
			return err
		}
	}
	return a.printf("Why: %s why %s\n", a.typed, view.Short(d.ID))
}

// stepsOutcome prints what became of a proposal of several steps.
func stepsOutcome(a *app, p decision.Proposal, executions map[string]execution.Execution) error {
	line := p.Note
	if p.WorkflowID != "" {
		line = "workflow " + view.Short(p.WorkflowID)
	}
	if err := a.printf("  %s (%s): %s, %s\n", p.Policy, p.Level, proposed(p), line); err != nil {
		return err
	}
	for i, s := range p.Steps {
		if s.ExecutionID == "" {
			continue
		}
		if err := a.printf("    step %d: %s\n", i+1, a.explainer().step(s.Action, s.ExecutionID, executions[s.ExecutionID], "")); err != nil {
			return err
		}
	}
	return nil
}
