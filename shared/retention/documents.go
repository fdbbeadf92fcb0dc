package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// margin is how much longer audit records are kept than they must: an auditor
// whose clock is slow finds none gone before its time.
const margin = time.Hour

// rules are in the order in which what refers goes before what is referred to.
func (e *Expirer) rules() []rule {
	c := e.Config
	history := func(collection, field string, where ...store.Filter) func(time.Time) store.Query {
		return func(now time.Time) store.Query { return before(collection, field, ago(now, c.History), where...) }
	}
	resolved := store.Filter{Field: "open", Op: store.Eq, Value: false}
	return []rule{
		e.bodies(),
		e.documents("deliveries", func(now time.Time) store.Query {
			return before(decision.Deliveries, "received_at", ago(now, c.Deliveries))
		}, e.deliveries),
		e.documents("workflows", history(execution.Workflows, "updated_at"), e.workflows),
		e.documents("executions", history(execution.Collection, "updated_at"), e.executions),
		e.documents("decisions", history(decision.Collection, "decided_at"), e.decisions),
		e.documents("fields", history(execution.Fields, "changed_at"), e.fields),
		e.documents("keys", func(now time.Time) store.Query {
			return before(auth.Collection, "expires_at", ago(now, c.Deliveries))
		}, e.keys),
		e.documents("pages", history(page.Collection, "raised_at", resolved), e.pages),
		e.documents("audit", func(now time.Time) store.Query {
			return before(audit.Collection, "recorded_at", now.Add(-min(c.class("operations"), c.class("security"))-margin))
		}, e.records),
		e.orphans(),
	}
}

// decode reads documents into Ts.
func decode[T any](docs []store.Document) ([]T, error) {
	out := make([]T, len(docs))
	for i, d := range docs {
		if err := json.Unmarshal(d.Data, &out[i]); err != nil {
			return nil, fmt.Errorf("decode %s: %w", d.Key, err)
		}
	}
	return out, nil
}

// again reads the documents once more, in tx, and returns those that may still
// go.
func again[T any](ctx context.Context, tx store.Tx, docs []store.Document, may func(T) bool) ([]T, []store.Key, error) {
	var values []T
	var keys []store.Key
	for _, d := range docs {
		v, err := store.Get[T](ctx, tx, d.Key)
		if errors.Is(err, store.ErrNotFound) || err == nil && !may(v) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		values, keys = append(values, v), append(keys, d.Key)
	}
	return values, keys, nil
}

// deliveries deletes deliveries, and their bodies if those are still there.
func (e *Expirer) deliveries(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	gone, err := decode[decision.Delivery](docs)
	if err != nil {
		return 0, err
	}
	if _, err := e.drop(ctx, gone); err != nil {
		return 0, err
	}
	return alone(ctx, e, decision.Deliveries, docs, func(d decision.Delivery) bool {
		return !d.DecidedAt.After(ago(now, e.Config.Deliveries))
	})
}

// decisions deletes decisions that no document refers to any more, and what
// remembers their events' meanings.
func (e *Expirer) decisions(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	n := 0
	err := e.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		found, keys, err := again(ctx, tx, docs, func(d decision.Decision) bool { return !d.DecidedAt.After(ago(now, e.Config.History)) })
		if err != nil {
			return err
		}
		var remove []store.Key
		n = 0
		for i, d := range found {
			wanted, err := referred(ctx, tx, d.ID)
			if err != nil {
				return err
			}
			if wanted {
				continue
			}
			n++
			if remove = append(remove, keys[i]); d.Meaning != "" {
				remove = append(remove, store.Key{Collection: decision.Meanings, ID: d.Meaning})
			}
		}
		return e.remove(tx, decision.Collection, remove...)
	})
	return n, err
}

// referred reports whether a document refers to the decision.
func referred(ctx context.Context, tx store.Tx, id string) (bool, error) {
	for _, by := range []struct{ collection, order string }{
		{decision.Deliveries, "received_at"}, {execution.Collection, "created_at"}, {execution.Workflows, "created_at"},
	} {
		found, err := tx.Query(ctx, store.Query{
			Collection: by.collection, OrderBy: by.order, Limit: 1,
			Where: []store.Filter{{Field: "decision_id", Op: store.Eq, Value: id}},
		})
		if err != nil || len(found.Documents) > 0 {
			return true, err
		}
	}
	return false, nil
}

// fields deletes what is remembered of the changes of resources.
func (e *Expirer) fields(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	return alone(ctx, e, execution.Fields, docs, func(f execution.Field) bool { return !f.ChangedAt.After(ago(now, e.Config.History)) })
}

// keys deletes API keys that have not been valid for long.
func (e *Expirer) keys(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	return alone(ctx, e, auth.Collection, docs, func(k auth.Key) bool { return !k.ExpiresAt.After(ago(now, e.Config.Deliveries)) })
}

// pages deletes pages that were resolved long ago.
func (e *Expirer) pages(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	return alone(ctx, e, page.Collection, docs, func(p page.Page) bool {
		return !p.Open && p.ResolvedAt != nil && !p.ResolvedAt.After(ago(now, e.Config.History))
	})
}

// records deletes audit records whose leaf is under a checkpoint.
func (e *Expirer) records(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	st, err := transparency.Read(ctx, e.Store)
	if err != nil {
		return 0, err
	}
	return alone(ctx, e, audit.Collection, docs, func(r audit.Record) bool {
		return r.Index >= 0 && r.Index < st.Size && !now.Before(r.At.Add(e.Config.class(r.Retention)+margin))
	})
}

// alone deletes the documents that may go, none of which takes another along.
func alone[T any](ctx context.Context, e *Expirer, collection string, docs []store.Document, may func(T) bool) (int, error) {
	n := 0
	err := e.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		_, keys, err := again(ctx, tx, docs, may)
		if err != nil {
			return err
		}
		n = len(keys)
		return e.remove(tx, collection, keys...)
	})
	return n, err
}
