package deadletter

import (
	"context"
	"errors"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Kind is the kind of the page that dead letters raise.
const Kind = "dead_letter"

// actor raises and resolves those pages.
const actor = "system:sweep"

// Watch calls a person for each subscription that has dead letters, and
// resolves the page of one that has none any more. It looks at the letters
// themselves, so that a crash after a message was given up loses no page; it
// is called every minute.
func (b Box) Watch(ctx context.Context) error {
	subs, err := b.Letters.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("look for dead letters: %w", err)
	}
	var errs []error
	for _, s := range subs {
		errs = append(errs, b.check(ctx, s))
	}
	return errors.Join(errs...)
}

// check makes the subscription's page what its letters are.
func (b Box) check(ctx context.Context, s bus.Subscription) error {
	letters, err := b.Letters.Peek(ctx, s.DeadLetter, "", bus.MaxPeek)
	if err != nil {
		return fmt.Errorf("look for dead letters of %s: %w", s.Name, err)
	}
	err = b.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		old, open, err := page.Find(ctx, tx, Kind, s.DeadLetter)
		switch {
		case err != nil:
			return err
		case len(letters) == 0 && open:
			_, err := page.Resolve(ctx, tx, old.ID, actor, b.Clock.Now())
			return err
		case len(letters) == 0:
			return nil
		}
		p := describe(s, letters)
		if open && old.Summary == p.Summary {
			return nil // nothing new
		}
		return page.Raise(ctx, tx, p, actor, b.Clock.Now())
	})
	if err != nil {
		return fmt.Errorf("call a person for the dead letters of %s: %w", s.Name, err)
	}
	return nil
}

func describe(s bus.Subscription, letters []bus.Message) page.Page {
	last := letter(s, letters[len(letters)-1])
	number := fmt.Sprint(len(letters))
	if len(letters) == bus.MaxPeek {
		number += " or more"
	}
	return page.Page{
		Kind: Kind, Severity: page.Critical, Subject: s.DeadLetter,
		Summary: fmt.Sprintf("%s gave up %s message(s), last %s: %s", s.Name, number, last.ID, last.Reason),
		Do:      "see `infinity dead-letters`; mend the cause, then `infinity dead-letters replay --all`",
	}
}
