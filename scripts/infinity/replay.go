package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
)

type replayCmd struct {
	Event  string `arg:"" optional:"" help:"Id of the event, or the beginning of it."`
	Shadow bool   `help:"As if the event came now: say what differs from what was decided, and what freezes and limits would stop."`
	Since  string `help:"With --shadow and no event: all events not older than this (90s, 2h, 3d)."`
	JSON   bool   `help:"Print the decision, or with --shadow the report, as JSON." name:"json"`
}

// Run replays events, dry.
func (c *replayCmd) Run(ctx context.Context, a *app) error {
	switch {
	case c.Since != "" && (!c.Shadow || c.Event != ""):
		return usageError{errors.New("--since goes with --shadow and without an event")}
	case c.Since != "":
		return (&backtestRun{since: c.Since, examples: defaultExamples, json: c.JSON, what: "The policies in force"}).run(ctx, a)
	case c.Event == "":
		return usageError{errors.New("name an event, or replay the latest ones with --shadow --since 1h")}
	}
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	var event decision.Delivery
	if err := gateway.Get(ctx, "/v1/events/"+segment(c.Event), nil, &event); err != nil {
		return err
	}
	if c.Shadow {
		return c.shadow(ctx, a, gateway, event)
	}
	return c.dry(ctx, a, gateway, event)
}

// dry shows what would be decided now.
func (c *replayCmd) dry(ctx context.Context, a *app, gateway *client.Client, event decision.Delivery) error {
	var now, then decision.Decision
	if err := gateway.Post(ctx, "/v1/events/"+segment(event.ID)+"/replay", nil, &now); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(now)
	}
	if err := gateway.Get(ctx, "/v1/decisions/"+segment(event.DecisionID), nil, &then); err != nil {
		return err
	}
	if err := a.printf("%s", a.explainer().decision(a.clock.Now(), now, nil)); err != nil {
		return err
	}
	verdict := "the same as was decided"
	if before, after := outcome(then), outcome(now); before != after {
		verdict = "different: it was " + before + ", now it would be " + after
	}
	return a.printf("\nDry run: nothing was executed. The answer is %s.\n", verdict)
}

// shadow shows what would become of the event if it came now.
func (c *replayCmd) shadow(ctx context.Context, a *app, gateway *client.Client, event decision.Delivery) error {
	var report backtest.Report
	if err := gateway.Post(ctx, "/v1/events/"+segment(event.ID)+"/shadow", nil, &report); err != nil {
		return err
	}
	if c.JSON {
		return a.jsonLine(report)
	}
	if report.BodiesGone > 0 {
		return fmt.Errorf("the body of event %s is no longer kept, so it cannot be decided again", view.Short(event.ID))
	}
	if err := a.printf("Event %s (%s) as if it came now, by the policies in force:\n", view.Short(event.ID), typeName(event.Type)); err != nil {
		return err
	}
	if report.Note != "" {
		if err := a.printf("  %s\n", view.Clean(report.Note)); err != nil {
			return err
		}
	}
	for _, p := range report.Policies {
		for _, x := range p.Examples {
			if err := a.printf("%s", shadowed(a, p, x)); err != nil {
				return err
			}
		}
	}
	verdict := "The answer is the same as was decided."
	if !report.Same() {
		verdict = "The answer differs from what was decided."
	}
	return a.printf("%s Nothing was recorded or executed.\n", verdict)
}

// shadowed is what one policy would make of an event that came now.
func shadowed(a *app, p backtest.PolicyReport, x backtest.Example) string {
	text := fmt.Sprintf("  %s  as it was decided: %s\n", a.paint.As(view.Bold, p.Policy), view.Clean(x.Now))
	if x.Kind != "" {
		text = fmt.Sprintf("%s %s  %s\n    then  %s\n    now   %s\n", a.paint.As(view.Yellow, "~"), a.paint.As(view.Bold, p.Policy),
			kindWords[x.Kind], view.Clean(x.Then), view.Clean(x.Now))
	}
	switch {
	case x.Refused != "":
		text += "    would be stopped now: " + view.Clean(x.Refused) + "\n"
	case p.Doubled > 0:
		text += "    would do nothing: another event wanted the same effect before\n"
	case p.Runs+p.Asks > 0:
		text += "    nothing would stop it now\n"
	}
	return text
}

// outcome is what a decision lets happen, in words.
func outcome(d decision.Decision) string {
	text := d.Category
	for i, p := range d.Proposals {
		if i == 0 {
			text += " by "
		} else {
			text += ", "
		}
		text += p.Policy + " (" + p.Level + ")"
	}
	return text
}
