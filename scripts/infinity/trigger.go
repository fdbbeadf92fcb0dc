package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// How long trigger waits for what comes of an event, and how often it looks.
const (
	followFor   = 5 * time.Second
	followEvery = 50 * time.Millisecond
)

type triggerCmd struct {
	Name string `arg:"" optional:"" help:"github.workflow_run.failed, github.issues.opened …"`
}

// Run sends an event and shows what comes of it.
func (c *triggerCmd) Run(ctx context.Context, a *app) error {
	names, shows, err := eventNames()
	if err != nil {
		return err
	}
	if c.Name == "" {
		return printNames(a, names, shows)
	}
	name, ok := strings.CutPrefix(c.Name, "github.")
	if !ok {
		return unknownEvent(a, c.Name, names)
	}
	e, err := a.endpoint()
	if err != nil {
		return err
	}
	if e.GitHub == "" {
		return fault.New(fault.Invalid, "trigger sends to the platform of this machine only: leave --url out, or have the real GitHub send")
	}
	fake, err := client.New(e.GitHub, "")
	if err != nil {
		return err
	}
	var sent struct {
		Delivery string `json:"delivery"`
		Status   int    `json:"status"`
	}
	err = fake.Post(ctx, "/_emulator/deliver", map[string]string{"name": name}, &sent)
	if fault.Is(err, fault.NotFound) {
		return unknownEvent(a, c.Name, names)
	}
	if err != nil {
		return err
	}
	if err := a.printf("Sent %s as delivery %s; the webhook answered %d.\n", c.Name, sent.Delivery, sent.Status); err != nil {
		return err
	}
	if sent.Status/100 != 2 {
		return fault.New(fault.Unavailable, "the webhook did not take the event; its log says why")
	}
	gateway, err := client.New(e.Gateway, e.Key)
	if err != nil {
		return err
	}
	return follow(ctx, a, gateway, sent.Delivery)
}

// follow shows the decision on a delivery and the executions of it, once they
// have settled or the time is over.
func follow(ctx context.Context, a *app, gateway *client.Client, delivery string) error {
	var d decision.Decision
	var executions map[string]execution.Execution
	err := poll(ctx, func(ctx context.Context) (done bool, err error) {
		if d.ID == "" {
			d, err = decisionOfDelivery(ctx, gateway, delivery)
			if fault.Is(err, fault.NotFound) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
		}
		executions, err = executionsOf(ctx, gateway, d)
		return settled(executions), err
	})
	if err != nil {
		return err
	}
	if d.ID == "" {
		return fault.New(fault.Unavailable, "nothing was decided within %s; `%s why %s` may say more later", followFor, a.typed, delivery)
	}
	return outcomeOf(a, d, executions)
}

func settled(executions map[string]execution.Execution) bool {
	for _, x := range executions {
		if !x.State.Terminal() && x.State != execution.Waiting || follows(x, executions) {
			return false
		}
	}
	return true
}

// poll calls look until it is done or followFor is over.
func poll(ctx context.Context, look func(context.Context) (bool, error)) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	end := time.NewTimer(followFor)
	defer end.Stop()
	for {
		if done, err := look(ctx); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return nil
		case <-tick.C:
		}
	}
}

// eventNames lists what can be triggered: each event with each of its actions,
// and the variants with the default policies that they show.
func eventNames() (names []string, shows map[string][]string, err error) {
	all, err := payloads.All()
	if err != nil {
		return nil, nil, err
	}
	shows = map[string][]string{}
	for _, p := range all {
		name, _, _ := strings.Cut(p.Name(), "#")
		shows["github."+name] = nil
	}
	for _, v := range github.Variants() {
		shows["github."+v.Name] = v.Shows
	}
	return slices.Sorted(maps.Keys(shows)), shows, nil
}

// printNames lists first what a newcomer should try.
func printNames(a *app, names []string, shows map[string][]string) error {
	var b strings.Builder
	b.WriteString("These meet the default policies named beside them:\n")
	for _, name := range names {
		if len(shows[name]) > 0 {
			fmt.Fprintf(&b, "%-35s %s\n", name, strings.Join(shows[name], ", "))
		}
	}
	b.WriteString("\nThe others:\n")
	for _, name := range names {
		if len(shows[name]) == 0 {
			b.WriteString(name + "\n")
		}
	}
	return a.printf("%s", b.String())
}

// unknownEvent says which known name is nearest.
func unknownEvent(a *app, name string, names []string) error {
	hint := suggest.Closest("github."+strings.TrimPrefix(name, "github."), names)
	if hint == "" {
		return usageError{fmt.Errorf("there is no event %q; `%s trigger` lists them", name, a.typed)}
	}
	return usageError{fmt.Errorf("there is no event %q; %s `%s trigger` lists all", name, hint, a.typed)}
}
