package backtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// chunk is how many events are read, and then decided, at a time.
const chunk = 200

// Run decides the events of r again, oldest first, and reports how the answers
// differ from those that are recorded. It tells progress now and then, and ends
// with ctx.
func Run(ctx context.Context, d Deps, r Request, progress func(Progress)) (Report, error) {
	if r.Event != "" {
		return d.one(ctx, r)
	}
	if r.Limit > 0 {
		since, err := d.newest(ctx, r)
		if err != nil {
			return Report{}, err
		}
		r.Since = since
	}
	t, q := newTally(d, r), d.query(r)
	for {
		deliveries, next, err := store.List[decision.Delivery](ctx, d.Store, q)
		if err != nil {
			return Report{}, fmt.Errorf("list events: %w", err)
		}
		if err := t.chunk(ctx, deliveries, time.Time{}); err != nil {
			return Report{}, err
		}
		if n := len(deliveries); n > 0 {
			progress(t.progress(deliveries[n-1].ReceivedAt))
		}
		if next == "" {
			return t.done(), nil
		}
		q.Cursor = next
	}
}

// query asks for the events of r, oldest first.
func (d Deps) query(r Request) store.Query {
	return store.Query{Collection: decision.Deliveries, OrderBy: "received_at", Limit: chunk, Where: []store.Filter{
		{Field: "received_at", Op: store.Ge, Value: r.Since}, {Field: "received_at", Op: store.Lt, Value: r.Until},
	}}
}

// newest returns when the first of the r.Limit newest events was received.
func (d Deps) newest(ctx context.Context, r Request) (time.Time, error) {
	q := d.query(r)
	q.Desc = true
	for left := r.Limit; ; {
		q.Limit = min(left, store.MaxPage)
		deliveries, next, err := store.List[decision.Delivery](ctx, d.Store, q)
		if err != nil {
			return time.Time{}, fmt.Errorf("look for the newest events: %w", err)
		}
		left -= len(deliveries)
		switch {
		case len(deliveries) == 0 || next == "" && left > 0:
			return r.Since, nil
		case left <= 0:
			return deliveries[len(deliveries)-1].ReceivedAt, nil
		}
		q.Cursor = next
	}
}

// one decides r.Event as if it came at r.Until.
func (d Deps) one(ctx context.Context, r Request) (Report, error) {
	dl, err := store.Get[decision.Delivery](ctx, d.Store, store.Key{Collection: decision.Deliveries, ID: r.Event})
	if errors.Is(err, store.ErrNotFound) {
		return Report{}, fault.Wrap(fault.NotFound, err, "there is no event %q", r.Event)
	}
	if err != nil {
		return Report{}, fmt.Errorf("read event %s: %w", r.Event, err)
	}
	dl.DuplicateOf = ""
	r.Since = r.Until // whatever others made before stands in the way
	t := newTally(d, r)
	if err := t.chunk(ctx, []decision.Delivery{dl}, r.Until); err != nil {
		return Report{}, err
	}
	return t.done(), nil
}

// chunk decides deliveries, several at once, and adds them in their order. Each
// is decided as at now, or if that is zero as at its own time.
func (t *tally) chunk(ctx context.Context, deliveries []decision.Delivery, now time.Time) error {
	cases := make([]loaded, len(deliveries))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(t.deps.Workers, 1))
	for i, dl := range deliveries {
		at := now
		if at.IsZero() {
			at = dl.ReceivedAt
		}
		group.Go(func() (err error) {
			if err = gctx.Err(); err == nil {
				cases[i], err = t.deps.load(gctx, dl, at)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err //nolint:wrapcheck // load says what was done
	}
	for _, c := range cases {
		switch c.left {
		case duplicate:
			t.report.Duplicates++
		case bodyGone:
			t.report.BodiesGone++
		case unreadable:
			t.report.Unreadable++
		default:
			if err := t.add(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tally) progress(at time.Time) Progress {
	p := Progress{Events: t.report.Events}
	if whole := t.request.Until.Sub(t.request.Since); whole > 0 {
		p.Share = min(float64(at.Sub(t.request.Since))/float64(whole), 1)
	}
	return p
}
