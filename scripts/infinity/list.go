package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
)

// listFlags are what every list takes.
type listFlags struct {
	JSON   bool   `help:"Print one JSON object a line." name:"json"`
	Limit  int    `help:"How many, at most 200." default:"20"`
	Cursor string `help:"Go on where the list before ended."`
	Since  string `help:"Not older than this: 90s, 2h, 3d, or an RFC 3339 time."`
}

// watchFlag is for lists that can be watched.
type watchFlag struct {
	Watch bool `help:"Then show each change as it happens, until Ctrl-C." short:"w"`
}

// list is how one kind of document is listed.
type list[T any] struct {
	path    string
	empty   string // what to say when there is none
	own     int    // filters that the command sets by itself
	stopped bool   // it can be read while the platform does not run
	columns []view.Column
	row     func(now time.Time, item T) []string
	changed func(item T) time.Time // for watches
}

// show prints one page and, with watch, what comes after it.
func (l list[T]) show(ctx context.Context, a *app, f listFlags, watch bool, filters url.Values) error {
	gateway, done, err := l.gateway(ctx, a)
	if err != nil {
		return err
	}
	defer func() { _ = done() }()
	query, err := f.query(a.clock.Now(), filters)
	if err != nil {
		return err
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next"`
	}
	if err := gateway.Get(ctx, l.path, query, &page); err != nil {
		return err
	}
	out := &printer[T]{list: l, app: a, json: f.JSON, table: view.NewTable(a.stdout, a.paint, l.columns...)}
	if watch {
		slices.Reverse(page.Items) // the newest last, as what follows
	}
	for _, item := range page.Items {
		if err := out.print(item); err != nil {
			return err
		}
	}
	switch {
	case watch:
		return out.follow(ctx, gateway, filters, page.Items)
	case len(page.Items) == 0 && !f.JSON && (len(filters) > l.own || f.Since != ""):
		return a.printf("None that match.\n")
	case len(page.Items) == 0 && !f.JSON:
		return a.printf("%s\n", l.empty)
	case page.Next != "":
		_, err = fmt.Fprintf(a.stderr, "more: --cursor %s\n", page.Next)
	}
	return err
}

// gateway returns what the list is read from.
func (l list[T]) gateway(ctx context.Context, a *app) (c *client.Client, done func() error, err error) {
	if l.stopped {
		return a.reader(ctx)
	}
	c, err = a.gateway()
	return c, func() error { return nil }, err
}

// maxLimit is the longest page that the gateway gives.
const maxLimit = 200

func (f listFlags) query(now time.Time, filters url.Values) (url.Values, error) {
	if f.Limit < 1 || f.Limit > maxLimit {
		return nil, usageError{fmt.Errorf("--limit is %d; give a number from 1 to %d", f.Limit, maxLimit)}
	}
	q := url.Values{"limit": {strconv.Itoa(f.Limit)}}
	if f.Cursor != "" {
		q.Set("cursor", f.Cursor)
	}
	if f.Since != "" {
		at, err := since(now, f.Since)
		if err != nil {
			return nil, err
		}
		q.Set("since", at.Format(time.RFC3339Nano))
	}
	for name, values := range filters {
		q[name] = values
	}
	return q, nil
}

// since reads a time, or a length of time before now.
func since(now time.Time, text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if n, ok := cutDays(text); ok {
		return now.AddDate(0, 0, -n), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return time.Time{}, usageError{fmt.Errorf("--since %q is no time; write 90s, 2h, 3d or 2026-01-31T12:00:00Z", text)}
	}
	return now.Add(-d), nil
}

func cutDays(text string) (int, bool) {
	if len(text) < 2 || text[len(text)-1] != 'd' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
	return int(n), err == nil
}

// printer prints documents as rows or as lines of JSON.
type printer[T any] struct {
	list  list[T]
	app   *app
	json  bool
	table *view.Table
	last  time.Time // the newest change that was printed
}

func (p *printer[T]) print(raw json.RawMessage) error {
	var item T
	if err := json.Unmarshal(raw, &item); err != nil {
		return fmt.Errorf("the gateway sent a document that this version cannot read: %w", err)
	}
	if p.list.changed != nil {
		if at := p.list.changed(item); at.After(p.last) {
			p.last = at
		}
	}
	if p.json {
		_, err := fmt.Fprintf(p.app.stdout, "%s\n", raw)
		return err
	}
	return p.table.Row(p.list.row(p.app.clock.Now(), item)...)
}

// follow prints what changes after the newest of known, which it leaves out.
func (p *printer[T]) follow(ctx context.Context, gateway *client.Client, filters url.Values, known []json.RawMessage) error {
	query := url.Values{"watch": {"true"}}
	for name, values := range filters {
		query[name] = values
	}
	if !p.last.IsZero() {
		query.Set("since", p.last.Format(time.RFC3339Nano))
	}
	seen := make(map[string]bool, len(known))
	for _, raw := range known {
		seen[string(raw)] = true
	}
	for raw, err := range gateway.Stream(ctx, p.list.path, query) {
		if err != nil {
			return err
		}
		if seen[string(raw)] {
			continue
		}
		if err := p.print(raw); err != nil {
			return err
		}
	}
	return nil
}

// filters returns the pairs (name, value) whose value was given.
func filters(pairs ...string) url.Values {
	v := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			v.Set(pair[0], pair[1])
		}
	}
	return v
}
