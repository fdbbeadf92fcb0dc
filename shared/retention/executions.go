package retention

import (
	"context"
	"errors"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// settled reports whether x has ended before the time at and nobody needs to
// look at it any more: an effect in doubt and one that could not be undone wait
// for a person, however long.
func settled(x execution.Execution, at time.Time) bool {
	return x.State.Terminal() && x.State != execution.Uncertain && x.State != execution.RevertFailed && !x.UpdatedAt.After(at)
}

// executions deletes those that have ended, with their approvals. Steps of a
// workflow go with it.
func (e *Expirer) executions(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	n := 0
	err := e.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		found, keys, err := again(ctx, tx, docs, func(x execution.Execution) bool { return settled(x, ago(now, e.Config.History)) })
		if err != nil {
			return err
		}
		var remove []store.Key
		n = 0
		for i, x := range found {
			if x.WorkflowID != "" {
				_, err := tx.Get(ctx, store.Key{Collection: execution.Workflows, ID: x.WorkflowID})
				if err == nil {
					continue
				}
				if !errors.Is(err, store.ErrNotFound) {
					return err
				}
			}
			asked, err := approvals(ctx, tx, x.ID)
			if err != nil {
				return err
			}
			n++
			remove = append(append(remove, keys[i]), asked...)
		}
		return e.remove(tx, execution.Collection, remove...)
	})
	return n, err
}

// approvals returns the keys of the questions that were asked about an
// execution.
func approvals(ctx context.Context, tx store.Tx, id string) ([]store.Key, error) {
	q := store.Query{
		Collection: approval.Collection, OrderBy: "asked_at", Limit: store.MaxPage,
		Where: []store.Filter{{Field: "execution_id", Op: store.Eq, Value: id}},
	}
	var keys []store.Key
	for {
		page, err := tx.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Documents {
			keys = append(keys, d.Key)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return keys, nil
		}
	}
}

// workflows deletes those that have ended, each in one transaction with its
// steps. One of which something stands that could not be undone is kept.
func (e *Expirer) workflows(ctx context.Context, docs []store.Document, now time.Time) (int, error) {
	n := 0
	for i := range docs {
		gone := false
		err := e.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
			remove, err := e.workflow(ctx, tx, docs[i:i+1], ago(now, e.Config.History))
			gone = len(remove) > 0
			if err != nil {
				return err
			}
			return e.remove(tx, execution.Workflows, remove...)
		})
		if err != nil {
			return n, err
		}
		if gone {
			n++
		}
	}
	return n, nil
}

// workflow returns the keys of a workflow, its steps and their approvals, if
// all of it may go.
func (e *Expirer) workflow(ctx context.Context, tx store.Tx, doc []store.Document, at time.Time) ([]store.Key, error) {
	found, remove, err := again(ctx, tx, doc, func(w execution.Workflow) bool {
		return w.State.Ended() && w.State != execution.WorkflowStuck && !w.UpdatedAt.After(at)
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	for _, s := range found[0].Steps {
		k := store.Key{Collection: execution.Collection, ID: s.Execution}
		x, err := store.Get[execution.Execution](ctx, tx, k)
		if errors.Is(err, store.ErrNotFound) || err == nil && x.WorkflowID != found[0].ID {
			continue // another's
		}
		if err != nil {
			return nil, err
		}
		if !settled(x, at) {
			return nil, nil
		}
		asked, err := approvals(ctx, tx, x.ID)
		if err != nil {
			return nil, err
		}
		remove = append(append(remove, k), asked...)
	}
	return remove, nil
}
