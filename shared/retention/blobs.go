package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// bodyPrefix begins the keys of all bodies of events.
const bodyPrefix = "events/"

// bodies is the rule that deletes the bodies of decided events. Each delivery
// is looked at once: the pass goes on from the time of the last one, for ever.
func (e *Expirer) bodies() rule {
	query := func(p Pass, now time.Time) store.Query {
		var after []store.Filter
		if !p.From.IsZero() {
			after = []store.Filter{{Field: "received_at", Op: store.Gt, Value: p.From}}
		}
		return before(decision.Deliveries, "received_at", ago(now, e.Config.Bodies), after...)
	}
	return rule{
		name: "bodies",
		any: func(ctx context.Context, p Pass, now time.Time) (bool, error) {
			q := query(p, now)
			q.Limit = 1
			page, err := e.Store.Query(ctx, q)
			return len(page.Documents) > 0, err
		},
		step: func(ctx context.Context, p *Pass) (int, int, error) {
			q := query(*p, p.BeganAt)
			q.Limit, q.Cursor = chunk, p.Cursor
			found, next, err := store.List[decision.Delivery](ctx, e.Store, q)
			if err != nil {
				return 0, 0, err
			}
			n, err := e.drop(ctx, found)
			if err != nil {
				return len(found), n, err
			}
			if p.Cursor = next; next == "" && len(found) > 0 {
				p.From = found[len(found)-1].ReceivedAt
			}
			return len(found), n, nil
		},
	}
}

// drop deletes the bodies of deliveries, but for those that a dead letter has.
func (e *Expirer) drop(ctx context.Context, of []decision.Delivery) (int, error) {
	if len(of) == 0 {
		return 0, nil
	}
	letters, err := e.letters(ctx)
	if err != nil {
		return 0, err
	}
	keys := map[string]bool{}
	for _, d := range of {
		if d.BodyRef != "" && !letters[d.BodyRef] {
			keys[d.BodyRef] = true
		}
	}
	for key := range keys {
		if err := e.Blobs.Delete(ctx, key); err != nil {
			return 0, fmt.Errorf("delete the body %s: %w", key, err)
		}
	}
	return len(keys), e.dropped(ctx, len(keys))
}

// dropped records that n bodies were deleted.
func (e *Expirer) dropped(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	return e.Store.Run(ctx, func(_ context.Context, tx store.Tx) error { return e.record(tx, "bodies", n) })
}

// letters returns the bodies that dead letters refer to: they are to be
// delivered again some time.
func (e *Expirer) letters(ctx context.Context) (map[string]bool, error) {
	refs := map[string]bool{}
	subs, err := e.Letters.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for dead letters: %w", err)
	}
	for _, s := range subs {
		for after := ""; ; {
			page, err := e.Letters.Peek(ctx, s.DeadLetter, after, bus.MaxPeek)
			if err != nil {
				return nil, fmt.Errorf("read the dead letters of %s: %w", s.Name, err)
			}
			for _, m := range page {
				after = m.ID
				if ref := m.Attributes[event.AttrPrefix+"dataref"]; ref != "" {
					refs[ref] = true
				}
			}
			if len(page) < bus.MaxPeek {
				break
			}
		}
	}
	return refs, nil
}

// standstill is after how long without a pass the platform is taken to have
// been off: then what waits to be decided may be as old as any body.
const standstill = 2 * every

// orphans is the rule that deletes bodies which no delivery tells of: they were
// stored for an event that was never accepted or was given up. Those of events
// that still wait are told apart by their age; so that a platform which was off
// for long has time to decide them, its first pass only begins the time.
func (e *Expirer) orphans() rule {
	return rule{
		name: "orphans",
		any: func(ctx context.Context, _ Pass, now time.Time) (bool, error) { // a young platform has none
			q := before(audit.Collection, "recorded_at", ago(now, e.Config.Deliveries))
			q.Limit = 1
			page, err := e.Store.Query(ctx, q)
			return len(page.Documents) > 0, err
		},
		step: func(ctx context.Context, p *Pass) (int, int, error) {
			if p.Cursor == "" && p.BeganAt.After(p.EndedAt.Add(standstill)) {
				return 0, 0, nil
			}
			return e.orphaned(ctx, p)
		},
	}
}

func (e *Expirer) orphaned(ctx context.Context, p *Pass) (int, int, error) {
	infos, next, err := e.Blobs.List(ctx, bodyPrefix, p.Cursor, store.MaxPage)
	if err != nil {
		return 0, 0, fmt.Errorf("list the bodies: %w", err)
	}
	letters, err := e.letters(ctx)
	if err != nil {
		return 0, 0, err
	}
	n := 0
	for _, info := range infos {
		if letters[info.Key] || info.CreatedAt.After(ago(p.BeganAt, e.Config.Deliveries)) {
			continue
		}
		if err := e.Blobs.Delete(ctx, info.Key); err != nil {
			return len(infos), n, fmt.Errorf("delete the body %s: %w", info.Key, err)
		}
		n++
	}
	p.Cursor = next
	return len(infos), n, e.dropped(ctx, n)
}
