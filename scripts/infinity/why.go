package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

type whyCmd struct {
	ID     string `arg:"" help:"Of a decision, an event or an execution, or the beginning of it; or GitHub's delivery id."`
	Policy string `help:"Explain this policy, also if it did not match, as it is now."`
	JSON   bool   `help:"Print the decision as JSON." name:"json"`
}

// Run explains a decision.
func (c *whyCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	d, err := findDecision(ctx, gateway, c.ID)
	if err != nil {
		return err
	}
	if c.Policy != "" {
		var e policy.Explanation
		if err := gateway.Get(ctx, "/v1/events/"+segment(d.EventID)+"/explain", url.Values{"policy": {c.Policy}}, &e); err != nil {
			return err
		}
		if c.JSON {
			return a.jsonLine(e)
		}
		return a.printf("%s", a.explainer().policy(e))
	}
	if c.JSON {
		return a.jsonLine(d)
	}
	executions, err := executionsOf(ctx, gateway, d)
	if err != nil {
		return err
	}
	return a.printf("%s", a.explainer().decision(a.clock.Now(), d, executions))
}

// findDecision returns the decision that id names: its own id, or that of an
// event or execution of it.
func findDecision(ctx context.Context, c *client.Client, id string) (decision.Decision, error) {
	var d decision.Decision
	if strings.Count(id, "-") == 4 { // a delivery id is a UUID; ours have no hyphen
		return decisionOfDelivery(ctx, c, id)
	}
	err := c.Get(ctx, "/v1/decisions/"+segment(id), nil, &d)
	for _, path := range []string{"/v1/events/", "/v1/executions/"} {
		if !fault.Is(err, fault.NotFound) {
			return d, err
		}
		var ref struct {
			Decision string `json:"decision_id"`
		}
		if err = c.Get(ctx, path+segment(id), nil, &ref); err == nil {
			return d, c.Get(ctx, "/v1/decisions/"+segment(ref.Decision), nil, &d)
		}
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "there is no decision, event or execution %q%s", id, insteadOf(ctx, c, id))
	}
	return d, err
}

// insteadOf says what else the id may be.
func insteadOf(ctx context.Context, c *client.Client, id string) string {
	if len(id) < 4 {
		return "; give at least 4 characters of it"
	}
	if c.Get(ctx, "/v1/workflows/"+segment(id), nil, &execution.Workflow{}) == nil {
		return "; it is a workflow: see `infinity workflow " + id + "`"
	}
	return ""
}

func decisionOfDelivery(ctx context.Context, c *client.Client, delivery string) (decision.Decision, error) {
	var d decision.Decision
	var page struct {
		Items []decision.Delivery `json:"items"`
	}
	if err := c.Get(ctx, "/v1/events", url.Values{"delivery": {delivery}, "limit": {"1"}}, &page); err != nil {
		return d, err
	}
	if len(page.Items) == 0 {
		return d, fault.New(fault.NotFound, "no event of delivery %s is decided", delivery)
	}
	return d, c.Get(ctx, "/v1/decisions/"+segment(page.Items[0].DecisionID), nil, &d)
}

// executionsOf returns the executions that d's proposals name, by id.
func executionsOf(ctx context.Context, c *client.Client, d decision.Decision) (map[string]execution.Execution, error) {
	found := map[string]execution.Execution{}
	for _, p := range d.Proposals {
		for _, id := range p.Executions() {
			var x execution.Execution
			err := c.Get(ctx, "/v1/executions/"+segment(id), nil, &x)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			if err == nil {
				found[x.ID] = x
			}
		}
	}
	return found, nil
}

// segment makes id fit for a path; an empty one names nothing.
func segment(id string) string {
	if id == "" {
		return "-"
	}
	return url.PathEscape(id)
}
