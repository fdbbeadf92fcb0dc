package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	JSON      bool   `help:"Print the execution as JSON, and what it would do on standard error." name:"json"`
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
	shown := a.stdout
	if c.JSON {
		shown = a.stderr
	}
	if err := showPlan(shown, x); err != nil {
		return err
	}
	return answer(ctx, a, id, "approve", map[string]string{"note": c.Note, "plan_hash": x.PlanHash}, c.JSON)
}

// showPlan shows what a waiting execution would do: what is approved is what was
// shown.
func showPlan(w io.Writer, x execution.Execution) error {
	if x.State != execution.Waiting || x.Plan == nil {
		return nil
	}
	var b strings.Builder
	for _, e := range x.Plan.Effects {
		fmt.Fprintf(&b, "Would %s on %s: %s\n", e.Verb, view.Clean(x.Resource), view.Clean(change(e)))
	}
	for _, f := range x.Following {
		fmt.Fprintf(&b, "Then %s on %s: %s\n", f.Action, view.Clean(f.Target.String()), view.Clean(string(f.Args)))
	}
	_, err := io.WriteString(w, b.String())
	return err
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
	JSON      bool   `help:"Print the execution as JSON." name:"json"`
}

// Run rejects.
func (c *rejectCmd) Run(ctx context.Context, a *app) error {
	return answer(ctx, a, c.Execution, "reject", map[string]string{"reason": c.Reason}, c.JSON)
}

func answer(ctx context.Context, a *app, id, verb string, body map[string]string, asJSON bool) error {
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
	if asJSON {
		return a.jsonLine(x)
	}
	return a.printf("%s on %s is now %s%s\n", x.Action, view.Clean(x.Resource), a.paint.State(string(x.State)), sinceWhy(x))
}

// sinceWhy is x's reason after its state, which is not said twice.
func sinceWhy(x execution.Execution) string {
	if rest, ok := strings.CutPrefix(x.Reason, string(x.State)+" "); ok {
		return " " + view.Clean(rest)
	}
	return ": " + view.Clean(x.Reason)
}

type freezeCmd struct {
	Scope  string `arg:"" optional:"" help:"global, repository:owner/name, policy:name, capability:name, agent:name or 'resource:owner/name issue 12'; global if it is left out."`
	Reason string `help:"Why, for those who find it frozen."`
	JSON   bool   `help:"Print the freeze, or each of them in a line, as JSON." name:"json"`
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
		return freezes().show(ctx, a, listFlags{Limit: maxLimit, JSON: c.JSON}, false, nil)
	}
	var f struct {
		control.Freeze
		Note string `json:"note,omitempty"`
	}
	scope := c.Scope
	if scope == "" {
		scope = control.Global
	}
	if err := gateway.Post(ctx, "/v1/freezes", map[string]string{"scope": scope, "reason": c.Reason}, &f); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(f)
	}
	if f.Note != "" {
		_, _ = fmt.Fprintf(a.stderr, "note: %s\n", view.Clean(f.Note))
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
