package deadletter

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Replay has one letter delivered again: only to the subscription that gave it
// up, under its key, with its attempts counted anew. It is published before it
// is taken, so that a crash between the two delivers it twice and never not;
// decide knows an event that it has decided.
func (b Box) Replay(ctx context.Context, id, by string) (Letter, error) {
	s, m, err := b.find(ctx, id)
	if err != nil {
		return Letter{}, err
	}
	if err := b.write(ctx, "letter.replayed", id, by, "", m); err != nil {
		return Letter{}, err
	}
	if err := b.replay(ctx, s, m); err != nil {
		return Letter{}, err
	}
	return letter(s, m), b.check(ctx, s)
}

// ReplayAll replays the letters of a subscription that lie there now, in their
// order, and stops at the first that cannot be published. It returns how many.
func (b Box) ReplayAll(ctx context.Context, subscription, by string) (int, error) {
	subs, err := b.subscriptions(ctx, subscription)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, s := range subs {
		n, err := b.replayAll(ctx, s, by)
		done += n
		if err != nil {
			return done, fmt.Errorf("after %d were replayed: %w", done, err)
		}
		if err := b.check(ctx, s); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (b Box) replayAll(ctx context.Context, s bus.Subscription, by string) (int, error) {
	now, done := b.Clock.Now(), 0
	for {
		page, err := b.Letters.Peek(ctx, s.DeadLetter, "", bus.MaxPeek)
		if err != nil {
			return done, err
		}
		before := done
		for _, m := range page {
			if m.PublishedAt.After(now) {
				return done, nil // it died again since
			}
			if err := b.write(ctx, "letter.replayed", s.Name+"-"+m.ID, by, "", m); err != nil {
				return done, err
			}
			if err := b.replay(ctx, s, m); err != nil {
				return done, err
			}
			done++
		}
		if done == before {
			return done, nil
		}
	}
}

func (b Box) replay(ctx context.Context, s bus.Subscription, m bus.Message) error {
	attributes := maps.Clone(m.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	for _, name := range []string{bus.AttrDeadReason, bus.AttrDeadAttempts, bus.AttrDeadSubscription, bus.AttrDeadFirst} {
		delete(attributes, name)
	}
	attributes[bus.AttrReplayedFrom], attributes[bus.AttrReplayedTo] = s.DeadLetter+"/"+m.ID, s.Name
	again := bus.Message{Data: m.Data, Attributes: attributes, OrderingKey: m.OrderingKey}
	if _, err := b.Publisher.Publish(ctx, s.Topic, again); err != nil {
		return fmt.Errorf("replay dead letter %s-%s: %w", s.Name, m.ID, err)
	}
	if err := b.Letters.Remove(ctx, s.DeadLetter, m.ID); err != nil {
		return fmt.Errorf("take dead letter %s-%s, which was replayed: %w", s.Name, m.ID, err)
	}
	return nil
}

// Drop takes a letter away for good. reason is kept in the audit record.
func (b Box) Drop(ctx context.Context, id, by, reason string) (Letter, error) {
	s, m, err := b.find(ctx, id)
	if err != nil {
		return Letter{}, err
	}
	if err := b.write(ctx, "letter.dropped", id, by, reason, m); err != nil {
		return Letter{}, err
	}
	if err := b.Letters.Remove(ctx, s.DeadLetter, m.ID); err != nil {
		return Letter{}, fmt.Errorf("drop dead letter %s: %w", id, err)
	}
	return letter(s, m), b.check(ctx, s)
}

// write records what is about to be done: bus and store share no transaction,
// and what cannot be recorded is not done.
func (b Box) write(ctx context.Context, verb, id, by, reason string, m bus.Message) error {
	l := letter(bus.Subscription{}, m)
	err := b.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return audit.Write(tx, audit.Record{
			At: b.Clock.Now(), Actor: by, Verb: verb, Subject: "letters/" + id, Reason: reason,
			Details: map[string]string{"type": l.Type, "event": l.Event, "died_of": l.Reason, "attempts": strconv.Itoa(l.Attempts)},
		})
	})
	if err != nil {
		return fmt.Errorf("record what becomes of dead letter %s: %w", id, err)
	}
	return nil
}
