package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

type approveCmd struct {
	Execution string `arg:"" help:"Id of the execution, or the beginning of it."`
	Note      string `help:"Kept with the approval."`
}

// Run approves.
func (c *approveCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	id, err := fullID(ctx, a, "/v1/executions/", c.Execution)
	if err != nil {
		return err
	}
	var x execution.Execution
	if err := gateway.Get(ctx, "/v1/executions/"+segment(id), nil, &x); err != nil {
		return err
	}
	if x.State == execution.Waiting && x.Plan != nil {
		for _, e := range x.Plan.Effects { // what is approved is what was shown
			if err := a.printf("Would %s on %s: %s\n", e.Verb, view.Clean(x.Resource), view.Clean(change(e))); err != nil {
				return err
			}
		}
		for _, f := range x.Following {
			if err := a.printf("Then %s on %s: %s\n", f.Action, view.Clean(f.Target.String()), view.Clean(string(f.Args))); err != nil {
				return err
			}
		}
	}
	return answer(ctx, a, id, "approve", map[string]string{"note": c.Note, "plan_hash": x.PlanHash})
}

// change is an effect in words.
func change(e action.Effect) string {
	switch {
	case e.Before == "":
		return e.After
	case e.After == "":
		return "no longer " + e.Before
	default:
		return e.Before + " → " + e.After
	}
}

type rejectCmd struct {
	Execution string `arg:"" help:"Id of the execution, or the beginning of it."`
	Reason    string `help:"Kept with the refusal." required:""`
}

// Run rejects.
func (c *rejectCmd) Run(ctx context.Context, a *app) error {
	return answer(ctx, a, c.Execution, "reject", map[string]string{"reason": c.Reason})
}

func answer(ctx context.Context, a *app, id, verb string, body map[string]string) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	id, err = fullID(ctx, a, "/v1/executions/", id)
	if err != nil {
		return err
	}
	var x execution.Execution
	if err := gateway.Post(ctx, "/v1/executions/"+segment(id)+"/"+verb, body, &x); err != nil {
		return err
	}
	return a.printf("%s on %s is now %s: %s\n", x.Action, view.Clean(x.Resource), a.paint.State(string(x.State)), view.Clean(x.Reason))
}

type freezeCmd struct {
	Scope  string `arg:"" optional:"" help:"global, repository:owner/name, policy:name, capability:name, agent:name or 'resource:owner/name issue 12'; global if it is left out."`
	Reason string `help:"Why, for those who find it frozen."`
}

// Run freezes, or lists the freezes.
func (c *freezeCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	if c.Reason == "" {
		if c.Scope != "" {
			return usageError{errors.New("--reason is needed: say why, for those who find it frozen")}
		}
		return freezes().show(ctx, a, listFlags{Limit: 200}, false, nil)
	}
	var f control.Freeze
	scope := c.Scope
	if scope == "" {
		scope = control.Global
	}
	if err := gateway.Post(ctx, "/v1/freezes", map[string]string{"scope": scope, "reason": c.Reason}, &f); err != nil {
		return err
	}
	return a.printf("Frozen: %s. Nothing in it is begun until `%s unfreeze %s`.\n", f.Scope, a.typed, quoted(f.Scope))
}

// quoted is a word as it is typed into a shell.
func quoted(word string) string {
	if strings.ContainsRune(word, ' ') {
		return "'" + word + "'"
	}
	return word
}

func freezes() list[control.Freeze] {
	return list[control.Freeze]{
		path: "/v1/freezes", empty: "Nothing is frozen.",
		columns: []view.Column{view.Col("SCOPE", 40), view.Col("BY", 20), view.Col("AGE", 4), view.Col("REASON", 40)},
		row: func(now time.Time, f control.Freeze) []string {
			return []string{f.Scope, f.By, view.Age(now, f.At), f.Reason}
		},
	}
}

type unfreezeCmd struct {
	Scope string `arg:"" optional:"" help:"As it was frozen; global if it is left out." default:"global"`
}

// Run lifts a freeze.
func (c *unfreezeCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	if err := gateway.Delete(ctx, "/v1/freezes", url.Values{"scope": {c.Scope}}); err != nil {
		return err
	}
	return a.printf("No longer frozen: %s. What had begun goes on; what it blocked stays blocked, and new events act again.\n", c.Scope)
}
