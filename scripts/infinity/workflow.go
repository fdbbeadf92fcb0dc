package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type workflowsCmd struct {
	listFlags
	watchFlag
	State      string `help:"Only in this state." enum:",planned,running,compensating,done,undone,stuck" default:""`
	Repository string `help:"Only of this repository: owner/name."`
	Policy     string `help:"Only of this policy."`
	Decision   string `help:"Only of this decision."`
}

// Run lists workflows.
func (c *workflowsCmd) Run(ctx context.Context, a *app) error {
	id, err := fullID(ctx, a, "/v1/decisions/", c.Decision)
	if err != nil {
		return err
	}
	return list[execution.Workflow]{
		path: "/v1/workflows", empty: "None. A policy whose `do` is a list makes one.",
		columns: []view.Column{view.Col("WORKFLOW", 10), view.Col("STATE", 12), view.Col("POLICY", 22), view.Col("REPOSITORY", 22), view.Col("STEPS", 5), view.Col("AGE", 4), view.Col("REASON", 20)},
		row: func(now time.Time, w execution.Workflow) []string {
			return []string{view.Short(w.ID), string(w.State), w.Policy, w.Repository, progress(w), view.Age(now, w.CreatedAt), w.Reason}
		},
		changed: func(w execution.Workflow) time.Time { return w.UpdatedAt },
	}.show(ctx, a, c.listFlags, c.Watch, filters("state", c.State, "repository", c.Repository, "policy", c.Policy, "decision", id))
}

// progress is how many of a workflow's steps stand: "2/3".
func progress(w execution.Workflow) string {
	stands := 0
	for _, s := range w.Steps {
		if s.State == execution.Succeeded {
			stands++
		}
	}
	return fmt.Sprintf("%d/%d", stands, len(w.Steps))
}

type workflowCmd struct {
	ID   string `arg:"" help:"Id of the workflow, or the beginning of it."`
	JSON bool   `help:"Print the workflow as JSON." name:"json"`
}

// Run shows one workflow with its steps.
func (c *workflowCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	var w execution.Workflow
	if err := gateway.Get(ctx, "/v1/workflows/"+segment(c.ID), nil, &w); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(w)
	}
	executions, err := stepsOf(ctx, gateway, w)
	if err != nil {
		return err
	}
	return a.printf("%s", a.explainer().workflow(a.clock.Now(), w, executions))
}

func stepsOf(ctx context.Context, c *client.Client, w execution.Workflow) (map[string]execution.Execution, error) {
	found := map[string]execution.Execution{}
	for _, s := range w.Steps {
		var x execution.Execution
		if err := c.Get(ctx, "/v1/executions/"+segment(s.Execution), nil, &x); err != nil {
			return nil, err
		}
		found[x.ID] = x
	}
	return found, nil
}

// workflow draws w with its steps as they are now.
func (e explainer) workflow(now time.Time, w execution.Workflow, executions map[string]execution.Execution) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Workflow %s: %s\n", e.paint.As(view.Bold, view.Short(w.ID)), e.paint.State(string(w.State)))
	fmt.Fprintf(&b, "  policy   %s, decision %s, %s ago\n", w.Policy, view.Short(w.DecisionID), view.Age(now, w.CreatedAt))
	if w.Reason != "" {
		fmt.Fprintf(&b, "  reason   %s\n", view.Clean(w.Reason))
	}
	if len(w.Undone) > 0 || w.State == execution.WorkflowStuck || w.State == execution.WorkflowCompensating {
		fmt.Fprintf(&b, "  stands   %s\n  undone   %s\n", numbers(w.Stands), numbers(w.Undone))
	}
	for _, s := range w.Steps {
		fmt.Fprintf(&b, "  step %-3d %s\n", s.Step, e.step(s.Action, s.Execution, executions[s.Execution], s.MadeBy))
	}
	for _, s := range w.Steps { // the one that people can answer to speaks for all
		x := executions[s.Execution]
		if s.MadeBy == "" && w.State != execution.WorkflowCompensating && (w.State != execution.WorkflowStuck || x.State == execution.RevertFailed) {
			e.answers(&b, "  %-8s ", x)
			break
		}
	}
	return b.String()
}

// numbers lists the numbers of steps.
func numbers(steps []int) string {
	switch len(steps) {
	case 0:
		return "nothing"
	case 1:
		return fmt.Sprint("step ", steps[0])
	}
	return "steps " + strings.ReplaceAll(strings.Trim(fmt.Sprint(steps), "[]"), " ", ", ")
}

// step draws one step in a line.
func (e explainer) step(action, id string, x execution.Execution, madeBy string) string {
	line := view.Short(id) + " " + action
	switch {
	case madeBy != "":
		return line + ": done before, by decision " + view.Short(madeBy)
	case x.ID == "":
		return line + " (would be)"
	}
	line = fmt.Sprintf("%s %s %s on %s", view.Short(id), e.paint.State(string(x.State)), action, view.Clean(x.Resource))
	if x.Reason != "" {
		line += ": " + view.Clean(x.Reason)
	}
	if x.State == execution.Reverting && x.Undo != nil && x.Undo.Tries > 0 {
		line += fmt.Sprintf(" (try %d)", x.Undo.Tries)
	}
	if x.Result != nil && x.Result.URL != "" && x.State == execution.Succeeded {
		line += " " + view.Clean(x.Result.URL)
	}
	return line
}

type revertCmd struct {
	Execution string `arg:"" help:"Id of the execution or workflow, or the beginning of it. Of a workflow all steps are undone, last first."`
	Reason    string `help:"Kept with the record." required:""`
	JSON      bool   `help:"Print the execution as JSON." name:"json"`
}

// Run has something undone.
func (c *revertCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	id, err := undoable(ctx, a, gateway, c.Execution)
	if err != nil {
		return err
	}
	var x execution.Execution
	if err := gateway.Post(ctx, "/v1/executions/"+segment(id)+"/revert", map[string]string{"reason": c.Reason}, &x); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(x)
	}
	if x.WorkflowID != "" {
		return a.printf("Workflow %s is being undone, last step first. See: %s workflow %s\n", view.Short(x.WorkflowID), a.typed, view.Short(x.WorkflowID))
	}
	return a.printf("%s on %s is being undone. See: %s why %s\n", x.Action, view.Clean(x.Resource), a.typed, view.Short(x.ID))
}

// undoable returns the whole id of the execution that id names, or of a step of
// the workflow: one step speaks for all.
func undoable(ctx context.Context, a *app, gateway *client.Client, id string) (string, error) {
	found, err := fullID(ctx, a, "/v1/executions/", id)
	if !fault.Is(err, fault.NotFound) {
		return found, err
	}
	var w execution.Workflow
	if gateway.Get(ctx, "/v1/workflows/"+segment(id), nil, &w) != nil {
		return "", err // what was asked for is an execution
	}
	for _, s := range w.Steps {
		if s.MadeBy == "" {
			return s.Execution, nil
		}
	}
	return "", err
}
