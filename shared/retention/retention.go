// Package retention deletes what has been kept long enough: bodies of events,
// deliveries, decisions, ended executions, resolved pages, and audit records
// that are sealed in the log, which stays verifiable without them. It never
// deletes what is still to be done, what a person still has to settle, or what
// something that is kept refers to. Erasing a person is shared/erasure's.
//
// What is deleted is found by passes over the oldest documents. A call looks at
// a bounded number of them and the next one goes on; deleting twice does no
// harm, so a lost call costs a little work.
package retention

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Actor deletes what is expired, in audit records.
const Actor = "system:retention"

// Expirer deletes what is expired.
type Expirer struct {
	Config  Config
	Store   store.Store
	Blobs   blob.Store
	Letters bus.Inspector // their bodies are kept
	Clock   clock.Clock
	Limit   int // documents of one kind that one call looks at; 0 means 50,000

	quiet atomic.Int64 // unix nanoseconds: until then there is nothing to look for
}

const (
	every = 6 * time.Hour    // from a pass's end to the next one
	spend = 20 * time.Second // that a call takes, about; what is left is for the next
	rest  = 10 * time.Minute // for which nobody looks after nothing was due
	chunk = 100              // documents that are looked at together
)

// rule is one kind of what expires.
type rule struct {
	name string
	// any reports whether there is something to look at. It writes nothing.
	any func(ctx context.Context, p Pass, now time.Time) (bool, error)
	// step goes on with the pass p and changes it; p.Cursor "" ends it.
	step func(ctx context.Context, p *Pass) (looked, deleted int, err error)
}

// Expire goes on with what is due and returns how many of each kind it
// deleted. It goes on after an error. While another call is at it, it does
// nothing.
func (e *Expirer) Expire(ctx context.Context) (map[string]int, error) {
	now := e.Clock.Now()
	if now.UnixNano() < e.quiet.Load() {
		return nil, nil
	}
	st, err := e.read(ctx, e.Store)
	if err != nil || st.held(now) {
		return nil, err
	}
	due, err := e.due(ctx, st)
	if err != nil || len(due) == 0 {
		if err == nil {
			e.quiet.Store(now.Add(rest).UnixNano())
		}
		return nil, err
	}
	st, mine, err := e.claim(ctx, st)
	if err != nil || !mine {
		return nil, err
	}
	deleted := map[string]int{}
	var errs []error
	for i, r := range due {
		p := st.Passes[r.name]
		at := e.Clock.Now()
		n, err := e.pass(ctx, r, &p, at.Add(now.Add(spend).Sub(at)/time.Duration(len(due)-i)))
		if n > 0 {
			deleted[r.name] = n
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("expire %s: %w", r.name, err))
		}
		st.Passes[r.name] = p
	}
	return deleted, errors.Join(append(errs, e.release(ctx, st))...)
}

// due returns the rules that have something to look at.
func (e *Expirer) due(ctx context.Context, st state) ([]rule, error) {
	var due []rule
	now := e.Clock.Now()
	for _, r := range e.rules() {
		p := st.Passes[r.name]
		if p.Cursor != "" {
			due = append(due, r)
			continue
		}
		if now.Before(p.EndedAt.Add(every)) {
			continue
		}
		some, err := r.any(ctx, p, now)
		if err != nil {
			return nil, fmt.Errorf("look for expired %s: %w", r.name, err)
		}
		if some {
			due = append(due, r)
		}
	}
	return due, nil
}

// pass goes on with p until it ends, the time is until, or enough documents
// were looked at.
func (e *Expirer) pass(ctx context.Context, r rule, p *Pass, until time.Time) (deleted int, err error) {
	for left := cmp.Or(e.Limit, 50_000); left > 0; {
		if p.Cursor == "" {
			p.BeganAt = e.Clock.Now()
		}
		looked, gone, err := r.step(ctx, p)
		left, deleted = left-looked, deleted+gone
		if fault.Is(err, fault.Invalid) { // the cursor is of another version's query
			p.Cursor = ""
		}
		if err != nil {
			return deleted, err
		}
		if p.Cursor == "" {
			p.EndedAt = e.Clock.Now()
			break
		}
		if !e.Clock.Now().Before(until) {
			break
		}
	}
	return deleted, nil
}

// documents is a rule about documents that query finds, the oldest first.
// expire deletes those of a page that may go.
func (e *Expirer) documents(name string, query func(now time.Time) store.Query, expire func(ctx context.Context, docs []store.Document, now time.Time) (int, error)) rule {
	return rule{
		name: name,
		any: func(ctx context.Context, _ Pass, now time.Time) (bool, error) {
			q := query(now)
			q.Limit = 1
			page, err := e.Store.Query(ctx, q)
			return len(page.Documents) > 0, err
		},
		step: func(ctx context.Context, p *Pass) (int, int, error) {
			q := query(p.BeganAt)
			q.Limit, q.Cursor = chunk, p.Cursor
			page, err := e.Store.Query(ctx, q)
			if err != nil || len(page.Documents) == 0 {
				p.Cursor = ""
				return 0, 0, err
			}
			n, err := expire(ctx, page.Documents, p.BeganAt)
			if err == nil {
				p.Cursor = page.Next
			}
			return len(page.Documents), n, err
		},
	}
}

// before asks for the documents of a collection whose field is not after at.
func before(collection, field string, at time.Time, where ...store.Filter) store.Query {
	return store.Query{
		Collection: collection, OrderBy: field,
		Where: append(where, store.Filter{Field: field, Op: store.Le, Value: at}),
	}
}

// ago is so many days before now.
func ago(now time.Time, days int) time.Time { return now.Add(-time.Duration(days) * day) }

// remove deletes keys in tx and records how many of what they were.
func (e *Expirer) remove(tx store.Tx, what string, keys ...store.Key) error {
	if len(keys) == 0 {
		return nil
	}
	for _, k := range keys {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return e.record(tx, what, len(keys))
}

func (e *Expirer) record(tx store.Tx, what string, n int) error {
	return audit.Write(tx, audit.Record{
		At: e.Clock.Now(), Actor: Actor, Verb: "retention.expired", Subject: what + "/*",
		Details: map[string]string{"deleted": fmt.Sprint(n)},
	})
}
