package firestore

import (
	"context"
	"fmt"
	"iter"

	"cloud.google.com/go/firestore"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Watch implements store.Store. With a Limit it watches the first page, and a
// document that is pushed out of it is reported as deleted.
func (s *Store) Watch(ctx context.Context, q store.Query) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		query, _, err := s.query(q)
		if err != nil {
			yield(store.Change{}, fmt.Errorf("watch %s: %w", q.Collection, err))
			return
		}
		if q.Limit > 0 {
			query = query.Limit(q.Limit)
		}
		snapshots := query.Snapshots(ctx)
		defer snapshots.Stop()
		for ctx.Err() == nil {
			snap, err := snapshots.Next()
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(store.Change{}, fmt.Errorf("watch %s: %w", q.Collection, kind(ctx, err)))
				return
			}
			if !report(ctx, q.Collection, snap.Changes, yield) {
				return
			}
		}
	}
}

func report(ctx context.Context, collection string, changes []firestore.DocumentChange, yield func(store.Change, error) bool) bool {
	for _, c := range changes {
		change := store.Change{Document: store.Document{Key: store.Key{Collection: collection, ID: c.Doc.Ref.ID}}, Deleted: true}
		if c.Kind != firestore.DocumentRemoved {
			doc, err := document(collection, c.Doc)
			if err != nil {
				return yield(store.Change{}, err)
			}
			change = store.Change{Document: doc}
		}
		if ctx.Err() != nil || !yield(change, nil) {
			return false
		}
	}
	return true
}
