package lastgood

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Actor is who raises and resolves pages about configuration.
const Actor = "system:configuration"

// Watched is configuration that people must hear of when it is not good.
type Watched interface {
	Name() string
	Status() (until time.Time, err error)
}

// Pager calls a person while configuration is not good, and takes that back by
// itself when it is mended.
type Pager struct {
	Store   store.Store
	Clock   clock.Clock
	Watched []Watched

	told sync.Map // by name: the summary that the store has; "" for none
}

// Check raises and resolves. It asks the store only about what has changed
// since it was called last. Two calls at once may both ask, and the second
// finds it told: no lock is held over a transaction.
func (p *Pager) Check(ctx context.Context) error {
	var errs []error
	for _, w := range p.Watched {
		summary := summaryOf(w)
		if told, known := p.told.Load(w.Name()); known && told == summary {
			continue
		}
		if err := p.tell(ctx, w.Name(), summary); err != nil {
			errs = append(errs, fmt.Errorf("tell people about %s: %w", w.Name(), err))
			continue
		}
		p.told.Store(w.Name(), summary)
	}
	return errors.Join(errs...)
}

// summaryOf says what is wrong, "" if nothing is.
func summaryOf(w Watched) string {
	until, err := w.Status()
	switch {
	case err == nil:
		return ""
	case until.IsZero():
		return fmt.Sprintf("%s cannot be read, and nothing of it is in force: %s", w.Name(), err)
	default:
		return fmt.Sprintf("%s cannot be read; what it said before is in force until %s: %s", w.Name(), until.UTC().Format(time.RFC3339), err)
	}
}

func (p *Pager) tell(ctx context.Context, name, summary string) error {
	about := page.Page{
		Kind: "configuration", Severity: page.Critical, Subject: name, Summary: summary,
		Do: "run `infinity policy validate` and mend what it says; this is resolved by itself then",
	}
	id := page.ID(about.Kind, about.Subject)
	return p.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		open, err := store.Get[page.Page](ctx, tx, store.Key{Collection: page.Collection, ID: id})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		now := p.Clock.Now()
		switch {
		case summary != "" && open.Open && open.Summary == summary:
			return nil // another process has told
		case summary != "":
			return page.Raise(ctx, tx, about, Actor, now)
		case open.Open:
			_, err := page.Resolve(ctx, tx, id, Actor, now)
			return err
		}
		return nil
	})
}
