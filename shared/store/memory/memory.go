// Package memory is the store in memory: deterministic, with faults to inject,
// for tests and the simulation. It forgets everything when it ends, and starts
// no goroutine.
package memory

import (
	"bytes"
	"iter"
	"sync"

	"github.com/tidwall/btree"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/docstore"
)

// Faults decides, commit by commit, what goes wrong. Its methods may be called
// concurrently.
type Faults interface {
	// Before fails a commit that then leaves nothing behind (ABORTED, UNAVAILABLE).
	Before() error
	// After fails the answer to a commit that stands (committed but timed out).
	After() error
}

// Options tune New. The zero value has no indexes and no faults.
type Options struct {
	Schema store.Schema
	Clock  clock.Clock // also the store's own, for store.Document.ReadAt
	Faults Faults
}

// Store is a store.Store in memory.
type Store struct{ *docstore.Store }

// New returns an empty store.
func New(o Options) *Store {
	d := docstore.Options{Schema: o.Schema, Clock: o.Clock}
	if o.Clock != nil {
		d.Now = o.Clock.Now
	}
	if o.Faults != nil {
		d.Before, d.After = o.Faults.Before, o.Faults.After
	}
	return &Store{docstore.New(&engine{tree: btree.NewBTreeG(less)}, d)}
}

// Close implements store.Store.
func (*Store) Close() error { return nil }

func less(a, b docstore.Pair) bool { return bytes.Compare(a.Key, b.Key) < 0 }

// engine is a tree of pairs whose copies share what has not changed since.
type engine struct {
	mu   sync.RWMutex
	tree *btree.BTreeG[docstore.Pair]
}

// Snapshot implements docstore.Engine.
func (e *engine) Snapshot() docstore.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return snapshot{e.tree.Copy()}
}

// Get implements docstore.Engine.
func (e *engine) Get(key []byte) ([]byte, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return get(e.tree, key)
}

// Apply implements docstore.Engine.
func (e *engine) Apply(writes []docstore.Write) (func() error, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range writes {
		if w.Value == nil {
			e.tree.Delete(docstore.Pair{Key: w.Key})
		} else {
			e.tree.Set(docstore.Pair(w))
		}
	}
	return func() error { return nil }, nil
}

func get(tree *btree.BTreeG[docstore.Pair], key []byte) ([]byte, error) {
	pair, ok := tree.Get(docstore.Pair{Key: key})
	if !ok {
		return nil, nil
	}
	return pair.Value, nil
}

type snapshot struct{ tree *btree.BTreeG[docstore.Pair] }

// Get implements docstore.Snapshot.
func (s snapshot) Get(key []byte) ([]byte, error) { return get(s.tree, key) }

// Lookup implements docstore.Snapshot.
func (s snapshot) Lookup() (get func([]byte) ([]byte, error), closeFn func() error) {
	return s.Get, s.Close
}

// Close implements docstore.Snapshot.
func (snapshot) Close() error { return nil }

// Scan implements docstore.Snapshot.
func (s snapshot) Scan(lo, hi []byte, reverse bool) iter.Seq2[docstore.Pair, error] {
	return func(yield func(docstore.Pair, error) bool) {
		if reverse {
			s.tree.Descend(docstore.Pair{Key: hi}, func(p docstore.Pair) bool {
				if bytes.Equal(p.Key, hi) {
					return true // hi itself is outside
				}
				return bytes.Compare(p.Key, lo) >= 0 && yield(p, nil)
			})
			return
		}
		s.tree.Ascend(docstore.Pair{Key: lo}, func(p docstore.Pair) bool {
			return bytes.Compare(p.Key, hi) < 0 && yield(p, nil)
		})
	}
}
