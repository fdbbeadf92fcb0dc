package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/deadletter"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
)

type lettersCmd struct {
	List   lettersListCmd   `cmd:"" default:"withargs" help:"List them."`
	Show   lettersShowCmd   `cmd:"" help:"Show one; its body only with --body."`
	Replay lettersReplayCmd `cmd:"" help:"Have one delivered again, or all."`
	Drop   lettersDropCmd   `cmd:"" help:"Drop one for good."`
}

type lettersListCmd struct {
	JSON         bool   `help:"Print one JSON object a line." name:"json"`
	Limit        int    `help:"How many, at most 200." default:"20"`
	Cursor       string `help:"Go on where the list before ended."`
	Subscription string `help:"Only of this subscription."`
}

// Run lists.
func (c *lettersListCmd) Run(ctx context.Context, a *app) error {
	return list[deadletter.Letter]{
		path: "/v1/dead-letters", empty: "No dead letters: nothing was given up.",
		columns: []view.Column{view.Col("LETTER", 24), view.Col("TYPE", 30), view.Col("REPOSITORY", 22), view.Col("TRIES", 5), view.Col("BYTES", 8), view.Col("AGE", 4), view.Col("REASON", 40)},
		row: func(now time.Time, l deadletter.Letter) []string {
			return []string{l.ID, typeName(l.Type), l.Repository, strconv.Itoa(l.Attempts), strconv.Itoa(l.Bytes), view.Age(now, l.LastAt), l.Reason}
		},
	}.show(ctx, a, listFlags{JSON: c.JSON, Limit: c.Limit, Cursor: c.Cursor}, false, filters("subscription", c.Subscription))
}

type lettersShowCmd struct {
	Letter string `arg:"" help:"Id of the letter, as the list shows it."`
	Body   bool   `help:"Print its body too. An outsider may have written it."`
}

// Run shows one.
func (c *lettersShowCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	path := "/v1/dead-letters/" + segment(c.Letter)
	if c.Body {
		path += "/body"
	}
	var l deadletter.Letter
	if err := gateway.Get(ctx, path, nil, &l); err != nil {
		return err
	}
	err = a.printf("%s: given up by %s after %d attempts, first at %s, last at %s\n  reason: %s\n", view.Clean(l.ID), view.Clean(l.Subscription),
		l.Attempts, l.FirstAt.Format(time.RFC3339), l.LastAt.Format(time.RFC3339), view.Clean(l.Reason))
	for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
		err = errors.Join(err, a.printf("  %s: %s\n", view.Clean(name), view.Clean(l.Attributes[name])))
	}
	if c.Body {
		err = errors.Join(err, a.printf("%s\n", view.Clean(string(l.Data))))
	}
	return err
}

type lettersReplayCmd struct {
	Letter       string `arg:"" optional:"" help:"Id of the letter, as the list shows it."`
	All          bool   `help:"All of them."`
	Subscription string `help:"With --all: only those of this subscription."`
}

// Run replays.
func (c *lettersReplayCmd) Run(ctx context.Context, a *app) error {
	if c.All == (c.Letter != "") {
		return usageError{errors.New("name one letter, or give --all")}
	}
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	if c.All {
		var n struct{ Replayed int }
		if err := gateway.Post(ctx, "/v1/dead-letters/replay", map[string]string{"subscription": c.Subscription}, &n); err != nil {
			return err
		}
		return a.printf("%s again.\n", counted(n.Replayed, "letter is delivered", "letters are delivered"))
	}
	var l deadletter.Letter
	if err := gateway.Post(ctx, "/v1/dead-letters/"+segment(c.Letter)+"/replay", nil, &l); err != nil {
		return err
	}
	return a.printf("%s is delivered to %s again.\n", view.Clean(l.ID), view.Clean(l.Subscription))
}

type lettersDropCmd struct {
	Letter string `arg:"" help:"Id of the letter, as the list shows it."`
	Reason string `help:"Kept in the audit log." required:""`
}

// Run drops one.
func (c *lettersDropCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	if err := gateway.Delete(ctx, "/v1/dead-letters/"+segment(c.Letter), url.Values{"reason": {c.Reason}}); err != nil {
		return err
	}
	return a.printf("Dropped: %s.\n", view.Clean(c.Letter))
}

type pagesCmd struct {
	List    pagesListCmd    `cmd:"" default:"withargs" help:"List them, the open ones only without --all."`
	Resolve pagesResolveCmd `cmd:"" help:"Say that one is dealt with."`
}

type pagesListCmd struct {
	listFlags
	All bool `help:"Those that are resolved too."`
}

// Run lists.
func (c *pagesListCmd) Run(ctx context.Context, a *app) error {
	open := "true"
	if c.All {
		open = ""
	}
	l := list[page.Page]{
		path: "/v1/pages", empty: "Nothing calls a person.",
		// What to do is a command that must be readable to its end.
		columns: []view.Column{view.Col("PAGE", 25), view.Col("KIND", 13), view.Col("STATE", 9), view.Col("AGE", 4), view.Col("SUMMARY", 60), view.Col("DO", 240)},
		row: func(now time.Time, p page.Page) []string {
			state := string(p.Severity)
			if !p.Open {
				state = "resolved"
			}
			return []string{p.ID, p.Kind, state, view.Age(now, p.LastAt), p.Summary, p.Do}
		},
	}
	if !c.All {
		l.own = 1
	}
	return l.show(ctx, a, c.listFlags, false, filters("open", open))
}

type pagesResolveCmd struct {
	Page string `arg:"" help:"Id of the page."`
}

// Run resolves one.
func (c *pagesResolveCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	var p page.Page
	if err := gateway.Post(ctx, "/v1/pages/"+segment(c.Page)+"/resolve", nil, &p); err != nil {
		return err
	}
	return a.printf("Resolved: %s\n", view.Clean(fmt.Sprintf("%s of %s", p.Kind, p.Subject)))
}
