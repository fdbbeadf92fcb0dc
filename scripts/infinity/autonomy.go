package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
)

type autonomyCmd struct {
	Policy     string `arg:"" optional:"" help:"Say how much this policy may do, and why."`
	Author     string `help:"If such an author caused the event: ${enum}." enum:"owner,member,collaborator,contributor,none" default:"none"`
	Repository string `help:"In this repository: owner/name. Without it, in one that the capability lists."`
	JSON       bool   `help:"Print JSON." name:"json"`
}

// Run shows what is in force on the server.
func (c *autonomyCmd) Run(ctx context.Context, a *app) error {
	if c.Policy != "" {
		return c.policy(ctx, a)
	}
	server, err := a.gateway()
	if err != nil {
		return err
	}
	var answer gateway.AutonomyAnswer
	if err := server.Get(ctx, "/v1/autonomy", nil, &answer); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(answer)
	}
	if err := a.printf("%s", inForce(a, answer)); err != nil {
		return err
	}
	table := view.NewTable(a.stdout, a.paint, view.Col("CAPABILITY", 24), view.Col("LEVEL", 5), view.Col("POLICIES", 8),
		view.Col("LIMIT", 27), view.Col("USED", 5), view.Col("FULLEST AT", 24), view.Col("FROZEN", 6))
	for _, of := range answer.Capabilities {
		for _, row := range capabilityRows(of) {
			if err := table.Row(row...); err != nil {
				return err
			}
		}
	}
	return nil
}

// capabilityRows are one for each limit, the first with the capability's own.
func capabilityRows(c gateway.CapabilityAnswer) [][]string {
	level := c.Level
	if len(c.Actions) == 0 || len(c.Repositories) == 0 {
		level = autonomy.L1 // an empty list permits nothing
	}
	frozen := c.Frozen
	if frozen != "" && frozen != control.Global {
		frozen = "yes"
	}
	rows := [][]string{{c.Name, level, fmt.Sprint(len(c.Policies)), "", "", "", frozen}}
	for i, l := range c.Limits {
		if i > 0 {
			rows = append(rows, make([]string, len(rows[0])))
		}
		rows[i][3], rows[i][4], rows[i][5] = l.Limit+" "+l.Rate, fmt.Sprint(l.Used), l.Where
		if l.Limit == "share" {
			rows[i][4] = ""
		}
	}
	return rows
}

// inForce says which autonomy.yaml is in force.
func inForce(a *app, answer gateway.AutonomyAnswer) string {
	var b strings.Builder
	switch {
	case !answer.InForce:
		b.WriteString(a.paint.As(view.Red, "No autonomy.yaml is in force: everything is only recorded.") + "\n")
	case answer.Until != nil:
		fmt.Fprintf(&b, "%s\n", a.paint.As(view.Yellow, "autonomy.yaml is broken; what it said before is in force until "+answer.Until.Local().Format(time.TimeOnly)+"."))
	}
	if answer.Problem != "" {
		fmt.Fprintf(&b, "%s\n", view.Indent(cleanLines(answer.Problem), "  "))
	}
	var authors []string
	for _, t := range autonomy.Trusts {
		if level := answer.Authors[t]; level != "" {
			authors = append(authors, string(t)+" "+level)
		}
	}
	if authors != nil {
		fmt.Fprintf(&b, "Events lead at most to: %s; a capability may say otherwise.\n", strings.Join(authors, ", "))
	}
	return b.String()
}

// policy says why a policy's level is what it is.
func (c *autonomyCmd) policy(ctx context.Context, a *app) error {
	server, err := a.gateway()
	if err != nil {
		return err
	}
	var answer gateway.PolicyAutonomy
	if err := server.Get(ctx, "/v1/autonomy/"+segment(c.Policy), filters("author", c.Author, "repository", c.Repository), &answer); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(answer)
	}
	if err := a.printf("Policy %s for an event by %s: %s, %s\n", a.paint.As(view.Bold, answer.Policy), answer.Author,
		a.paint.State(answer.Category), because(answer.Level, answer.Category)); err != nil {
		return err
	}
	return a.printf("  does       %s\n%s", strings.Join(answer.Actions, ", "), a.explainer().bounds(answer.Level, answer.Bounds))
}

// bounds draws what a level is held down by; what holds it is marked.
func (e explainer) bounds(level string, bounds []autonomy.Bound) string {
	var b strings.Builder
	for i, x := range bounds {
		title := "autonomy"
		if i > 0 {
			title = ""
		}
		text := x.Level + "  " + view.Clean(x.Why)
		if x.Level == level {
			text = e.paint.As(view.Yellow, text+"  ◀")
		}
		fmt.Fprintf(&b, "  %-10s %s\n", title, text)
	}
	return b.String()
}
