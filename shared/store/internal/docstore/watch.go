package docstore

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/order"
)

// watches are those who want to know what changed.
type watches struct {
	mu   sync.Mutex
	open map[*watch]struct{}
}

// watch collects the ids of changed documents until its consumer looks: a slow
// consumer costs one id a document, not one state a change.
type watch struct {
	collection string
	mu         sync.Mutex
	ids        []string
	seen       map[string]bool
	wake       chan struct{}
}

func (w *watches) add(collection string) *watch {
	one := &watch{collection: collection, seen: map[string]bool{}, wake: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[*watch]struct{}{}
	}
	w.open[one] = struct{}{}
	return one
}

func (w *watches) remove(one *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, one)
}

func (w *watches) changed(k store.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.open {
		if one.collection == k.Collection {
			one.add(k.ID)
		}
	}
}

func (w *watch) add(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.seen[id] {
		w.seen[id] = true
		w.ids = append(w.ids, id)
	}
	select {
	case w.wake <- struct{}{}:
	default: // the consumer will look anyway
	}
}

func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := w.ids
	w.ids = nil
	clear(w.seen)
	return ids
}

// Watch implements store.Store.
func (s *Store) Watch(ctx context.Context, q store.Query) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		w := s.watches.add(q.Collection) // before the first look, so that nothing falls between
		defer s.watches.remove(w)
		page, err := s.Query(ctx, q)
		if err != nil {
			yield(store.Change{}, err)
			return
		}
		shown := map[string]uint64{} // versions
		for _, doc := range page.Documents {
			shown[doc.Key.ID] = doc.Version
			if !yield(store.Change{Document: doc}, nil) {
				return
			}
		}
		for {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
			}
			for _, id := range w.take() {
				if !s.report(ctx, q, id, shown, yield) {
					return
				}
			}
		}
	}
}

// report yields what became of one document, if the watcher has not seen it.
func (s *Store) report(ctx context.Context, q store.Query, id string, shown map[string]uint64, yield func(store.Change, error) bool) bool {
	k := store.Key{Collection: q.Collection, ID: id}
	doc, err := s.Get(ctx, k)
	if ctx.Err() != nil {
		return false
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return yield(store.Change{}, err)
	}
	version, was := shown[id]
	if err != nil || !matches(q, doc) {
		delete(shown, id)
		return !was || yield(store.Change{Document: store.Document{Key: k}, Deleted: true}, nil)
	}
	if was && version == doc.Version {
		return true
	}
	shown[id] = doc.Version
	return yield(store.Change{Document: doc}, nil)
}

// matches reports whether doc passes all filters of q.
func matches(q store.Query, doc store.Document) bool {
	return !slices.ContainsFunc(q.Where, func(f store.Filter) bool {
		got, ok := order.Field(nil, doc.Data, f.Field)
		want, err := order.Value(nil, f.Value)
		return err != nil || !ok || !holds(f.Op, got, want)
	})
}

func holds(op store.Op, got, want []byte) bool {
	if got[0] != want[0] {
		return false // another type
	}
	c := slices.Compare(got, want)
	switch op {
	case store.Eq:
		return c == 0
	case store.Lt:
		return c < 0
	case store.Le:
		return c <= 0
	case store.Gt:
		return c > 0
	default:
		return c >= 0
	}
}
