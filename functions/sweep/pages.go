package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// typePage is the type of the event that a page is published as.
const typePage = "io.infinity.page.raised"

// Pages publishes the pages that nobody has been told of. A page is a
// document of the transaction that raised it, so that none is lost; one may be
// published twice, with one id.
type Pages struct {
	Store store.Store
	Bus   bus.Publisher
	Clock clock.Clock
	Log   *slog.Logger
}

// Tell publishes what is open and untold. It goes on after an error.
func (p Pages) Tell(ctx context.Context) error {
	q := store.Query{Collection: page.Collection, OrderBy: "raised_at", Limit: store.MaxPage, Where: []store.Filter{{Field: "open", Op: store.Eq, Value: true}}}
	var errs []error
	for {
		open, next, err := store.List[page.Page](ctx, p.Store, q)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("list the open pages: %w", err))...)
		}
		for i := range open {
			if open[i].ToldAt == nil {
				errs = append(errs, p.tell(ctx, open[i]))
			}
		}
		if next == "" {
			return errors.Join(errs...)
		}
		q.Cursor = next
	}
}

func (p Pages) tell(ctx context.Context, g page.Page) error {
	body, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("write page %s: %w", g.ID, err)
	}
	e := event.Event{
		ID: fmt.Sprintf("%s-%d", g.ID, g.RaisedAt.UnixNano()), Source: "/pages", Type: typePage, Subject: g.Subject,
		Time: g.RaisedAt, PartitionKey: g.ID, Data: body,
	}
	if _, err := p.Bus.Publish(ctx, event.TopicError, event.ToMessage(e)); err != nil {
		return fmt.Errorf("publish page %s: %w", g.ID, err)
	}
	level := slog.LevelWarn
	if g.Severity == page.Critical {
		level = slog.LevelError
	}
	p.Log.LogAttrs(ctx, level, "page raised: a person must look", slog.String("page", g.ID), slog.String("kind", g.Kind),
		slog.String("summary", g.Summary), slog.String("do", g.Do))
	err = p.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error { return page.Told(ctx, tx, g, p.Clock.Now()) })
	if err != nil {
		return fmt.Errorf("note that page %s was published: %w", g.ID, err)
	}
	return nil
}
