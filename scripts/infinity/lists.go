package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// nothingYet is what an empty list says to a new user.
func nothingYet(a *app) string {
	return "None yet. Send an event: " + a.typed + " trigger github.workflow_run.failed"
}

type eventsCmd struct {
	listFlags
	watchFlag
	Type       string `help:"Only of this type: github.issues.opened."`
	Repository string `help:"Only of this repository: owner/name."`
	Decision   string `help:"Only those that led to this decision."`
}

// Run lists events.
func (c *eventsCmd) Run(ctx context.Context, a *app) error {
	id, err := fullID(ctx, a, "/v1/decisions/", c.Decision)
	if err != nil {
		return err
	}
	return list[decision.Delivery]{
		path: "/v1/events", empty: nothingYet(a),
		columns: []view.Column{view.Col("EVENT", 10), view.Col("TYPE", 36), view.Col("REPOSITORY", 26), view.Col("SUBJECT", 14), view.Col("DECISION", 10), view.Col("AGE", 4)},
		row: func(now time.Time, d decision.Delivery) []string {
			return []string{
				view.Short(d.ID), typeName(d.Type), d.Repository, d.Subject,
				view.Short(d.DecisionID), view.Age(now, d.ReceivedAt),
			}
		},
		changed: func(d decision.Delivery) time.Time { return d.ReceivedAt },
	}.show(ctx, a, c.listFlags, c.Watch, filters("type", typeFilter(c.Type), "repository", c.Repository, "decision", id))
}

type decisionsCmd struct {
	listFlags
	watchFlag
	Type       string `help:"Only on events of this type: github.issues.opened."`
	Repository string `help:"Only of this repository: owner/name."`
	Category   string `help:"Only of this category." enum:",Observe,Record,Manual,Alert,Automatic" default:""`
	Policy     string `help:"Only those that this policy matched in."`
}

// Run lists decisions.
func (c *decisionsCmd) Run(ctx context.Context, a *app) error {
	return list[decision.Decision]{
		path: "/v1/decisions", empty: nothingYet(a),
		columns: []view.Column{view.Col("DECISION", 10), view.Col("CATEGORY", 9), view.Col("ON", 36), view.Col("REPOSITORY", 22), view.Col("POLICIES", 19), view.Col("AGE", 4)},
		row: func(now time.Time, d decision.Decision) []string {
			names := make([]string, len(d.Proposals))
			for i, p := range d.Proposals {
				names[i] = p.Policy
			}
			if d.Hop > 0 && len(names) == 0 {
				names = []string{fmt.Sprintf("own event, hop %d", d.Hop)}
			}
			return []string{
				view.Short(d.ID), d.Category, typeName(d.EventType), d.Repository,
				strings.Join(names, ", "), view.Age(now, d.DecidedAt),
			}
		},
		changed: func(d decision.Decision) time.Time { return d.DecidedAt },
	}.show(ctx, a, c.listFlags, c.Watch, filters("type", typeFilter(c.Type), "repository", c.Repository,
		"category", c.Category, "policy", c.Policy))
}

type executionsCmd struct {
	listFlags
	watchFlag
	State      string `help:"Only in this state: waiting, succeeded, blocked …"`
	Repository string `help:"Only of this repository: owner/name."`
	Policy     string `help:"Only of this policy."`
	Category   string `help:"Only of this category." enum:",Record,Manual,Alert,Automatic" default:""`
	Decision   string `help:"Only of this decision."`
}

// Run lists executions.
func (c *executionsCmd) Run(ctx context.Context, a *app) error {
	id, err := fullID(ctx, a, "/v1/decisions/", c.Decision)
	if err != nil {
		return err
	}
	return list[execution.Execution]{
		path: "/v1/executions", empty: nothingYet(a),
		columns: []view.Column{view.Col("EXECUTION", 10), view.Col("STATE", 13), view.Col("ACTION", 27), view.Col("RESOURCE", 28), view.Col("POLICY", 18), view.Col("AGE", 4)},
		row: func(now time.Time, x execution.Execution) []string {
			return []string{view.Short(x.ID), string(x.State), x.Action, x.Resource, policyOf(x), view.Age(now, x.CreatedAt)}
		},
		changed: func(x execution.Execution) time.Time { return x.UpdatedAt },
	}.show(ctx, a, c.listFlags, c.Watch, filters("state", c.State, "repository", c.Repository, "policy", c.Policy,
		"category", c.Category, "decision", id))
}

// policyOf names x's policy, and which of its steps x is; of what only tells
// people of another execution, that one.
func policyOf(x execution.Execution) string {
	if x.Tells != "" {
		return "asks: " + view.Short(x.Tells)
	}
	if x.Step == 0 {
		return x.Policy
	}
	return fmt.Sprintf("%s #%d", x.Policy, x.Step)
}

type auditListCmd struct {
	listFlags
	Subject  string `help:"Only of this document: executions/…, decisions/…, controls/global."`
	Actor    string `help:"Only by this actor: system:execute, key:local."`
	Decision string `help:"Only of this decision and its executions."`
}

// Run lists audit records.
func (c *auditListCmd) Run(ctx context.Context, a *app) error {
	id, err := fullID(ctx, a, "/v1/decisions/", c.Decision)
	if err != nil {
		return err
	}
	return list[audit.Record]{
		path: "/v1/audit", empty: "No records.", stopped: true,
		columns: []view.Column{view.Col("AGE", 4), view.Col("ACTOR", 16), view.Col("VERB", 20), view.Col("SUBJECT", 21), view.Col("STATE", 21), view.Col("REASON", 18)},
		row: func(now time.Time, r audit.Record) []string {
			state := r.To
			if r.From != "" && r.From != r.To {
				state = r.From + " → " + r.To
			}
			return []string{view.Age(now, r.At), r.Actor, r.Verb, shortSubject(r.Subject), state, r.Reason}
		},
	}.show(ctx, a, c.listFlags, false, filters("subject", c.Subject, "actor", c.Actor, "decision", id))
}

// typeName is an event's type as people write it: github.issues.opened.
func typeName(t string) string { return strings.TrimPrefix(t, "com.") }

// typeFilter is the opposite of typeName.
func typeFilter(t string) string {
	if strings.HasPrefix(t, "github.") {
		return "com." + t
	}
	return t
}

func shortSubject(s string) string {
	collection, id, ok := strings.Cut(s, "/")
	if !ok || collection == "controls" {
		return s
	}
	return collection + "/" + view.Short(id)
}

// fullID returns the whole id of the document below path that id begins; "" stays.
func fullID(ctx context.Context, a *app, path, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	gateway, done, err := a.reader(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = done() }()
	var doc struct {
		ID string `json:"id"`
	}
	err = gateway.Get(ctx, path+segment(id), nil, &doc)
	return doc.ID, err
}
