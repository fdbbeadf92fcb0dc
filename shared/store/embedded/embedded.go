// Package embedded is the store of one machine: documents in the pebble
// database of shared/embedded, durable when Run returns. A commit is visible
// to readers of this process just before it is durable; whatever they commit
// in turn is behind it in the log, so nothing durable rests on a lost commit.
package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/docstore"
)

// Store is a store.Store on a database that the caller opens and closes.
type Store struct{ *docstore.Store }

// New returns a store on db that serves the queries of schema.
func New(db *database.DB, schema store.Schema) *Store {
	return &Store{docstore.New(engine{db}, docstore.Options{Schema: schema, Now: clock.NewSteady().Now})}
}

// Close implements store.Store; the database stays open.
func (*Store) Close() error { return nil }

type engine struct{ db *database.DB }

// own puts the store's prefix before a key.
func own(key []byte) []byte { return append([]byte{database.PrefixStore}, key...) }

// Get implements docstore.Engine.
func (e engine) Get(key []byte) ([]byte, error) { return get(e.db, key) }

func get(r pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := r.Get(own(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the database: %w", err)
	}
	defer closer.Close()
	return append([]byte{}, value...), nil
}

// Apply implements docstore.Engine: concurrent waits share one fsync.
func (e engine) Apply(writes []docstore.Write) (func() error, error) {
	batch := e.db.NewBatch()
	for _, w := range writes {
		var err error
		if w.Value == nil {
			err = batch.Delete(own(w.Key), nil)
		} else {
			err = batch.Set(own(w.Key), w.Value, nil)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare a commit: %w", err), batch.Close())
		}
	}
	wait, err := e.db.Apply(batch)
	if err != nil {
		return nil, err
	}
	return func() error {
		return errors.Join(wait(), batch.Close())
	}, nil
}

// Snapshot implements docstore.Engine.
func (e engine) Snapshot() docstore.Snapshot {
	if err := e.db.Failed(); err != nil {
		return broken{err}
	}
	return snapshot{e.db.NewSnapshot()}
}

// broken is the snapshot of a database whose disk has failed.
type broken struct{ err error }

// Get implements docstore.Snapshot.
func (b broken) Get([]byte) ([]byte, error) { return nil, b.err }

// Lookup implements docstore.Snapshot.
func (b broken) Lookup() (get func([]byte) ([]byte, error), closeFn func() error) {
	return b.Get, b.Close
}

// Scan implements docstore.Snapshot.
func (b broken) Scan(_, _ []byte, _ bool) iter.Seq2[docstore.Pair, error] {
	return func(yield func(docstore.Pair, error) bool) { yield(docstore.Pair{}, b.err) }
}

// Close implements docstore.Snapshot.
func (broken) Close() error { return nil }

type snapshot struct{ *pebble.Snapshot }

// Get implements docstore.Snapshot.
func (s snapshot) Get(key []byte) ([]byte, error) { return get(s.Snapshot, key) }

// Lookup implements docstore.Snapshot. An iterator that moves on a little costs
// half of a Get, but making it costs more than the first Get.
func (s snapshot) Lookup() (get func([]byte) ([]byte, error), closeFn func() error) {
	var it *pebble.Iterator
	first := true
	get = func(key []byte) ([]byte, error) {
		if first {
			first = false
			return s.Get(key)
		}
		key = own(key)
		if it == nil {
			var err error
			if it, err = s.NewIter(&pebble.IterOptions{LowerBound: []byte{database.PrefixStore}, UpperBound: []byte{database.PrefixStore + 1}}); err != nil {
				return nil, fmt.Errorf("read the database: %w", err)
			}
		}
		if !it.SeekGE(key) || !bytes.Equal(it.Key(), key) {
			return nil, it.Error()
		}
		return it.ValueAndErr()
	}
	return get, func() error {
		if it == nil {
			return nil
		}
		return it.Close()
	}
}

// Scan implements docstore.Snapshot.
func (s snapshot) Scan(lo, hi []byte, reverse bool) iter.Seq2[docstore.Pair, error] {
	return func(yield func(docstore.Pair, error) bool) {
		it, err := s.NewIter(&pebble.IterOptions{LowerBound: own(lo), UpperBound: own(hi)})
		if err != nil {
			yield(docstore.Pair{}, err)
			return
		}
		defer func() { _ = it.Close() }() // its error is the one of the steps
		first, next := it.First, it.Next
		if reverse {
			first, next = it.Last, it.Prev
		}
		for ok := first(); ok; ok = next() {
			if !yield(docstore.Pair{Key: it.Key()[1:], Value: it.Value()}, nil) {
				return
			}
		}
		if err := it.Error(); err != nil {
			yield(docstore.Pair{}, err)
		}
	}
}
