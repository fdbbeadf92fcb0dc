package docstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/rule"
)

// Options tune a Store.
type Options struct {
	Schema store.Schema
	Clock  clock.Clock // for the pause before a transaction is run again
	// Now is the store's own clock, for Document.ReadAt; nil if it has none.
	Now func() time.Time
	// Before and After, if set, are called around each commit and may fail it:
	// Before leaves nothing behind; an error of After comes although the commit
	// stands.
	Before, After func() error
}

// Store implements store.Store on an Engine.
type Store struct {
	engine Engine
	o      Options
	byName map[string][]store.Index

	mu      sync.Mutex // held while a commit is checked and applied
	history history
	version uint64 // the newest that was given

	watches watches
}

// New returns a store on engine.
func New(engine Engine, o Options) *Store {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	s := &Store{engine: engine, o: o, byName: map[string][]store.Index{}}
	for _, i := range o.Schema {
		s.byName[i.Collection] = append(s.byName[i.Collection], i)
	}
	return s
}

// Get implements store.Reader.
func (s *Store) Get(ctx context.Context, k store.Key) (store.Document, error) {
	if err := errors.Join(ctx.Err(), rule.Key(k)); err != nil {
		return store.Document{}, err
	}
	value, err := s.engine.Get(docKey(k))
	if err != nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, err)
	}
	if value == nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, store.ErrNotFound)
	}
	return s.date(decode(k, value))
}

// date says when doc was read.
func (s *Store) date(doc store.Document, err error) (store.Document, error) {
	if err == nil && s.o.Now != nil {
		doc.ReadAt = s.o.Now()
	}
	return doc, err
}

func (s *Store) datePage(p store.Page, err error) (store.Page, error) {
	if err == nil && s.o.Now != nil {
		now := s.o.Now()
		for i := range p.Documents {
			p.Documents[i].ReadAt = now
		}
	}
	return p, err
}

// Query implements store.Reader.
func (s *Store) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, err
	}
	span, err := plan(s.o.Schema, q)
	if err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	snap := s.engine.Snapshot()
	defer func() { _ = snap.Close() }()
	return s.datePage(span.page(snap, q))
}

// attempts is how often a transaction is run before it is given up.
const attempts = 50

// Run implements store.Store.
func (s *Store) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	for i := range attempts {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.try(ctx, fn)
		if !errors.Is(err, errLost) {
			return err
		}
		if i > 2 { // the first few tries lost to commits that are done by now
			pause := rand.N(time.Millisecond << min(i, 5)) //nolint:gosec // jitter needs no secrecy
			if err := clock.Sleep(ctx, s.o.Clock, pause); err != nil {
				return err
			}
		}
	}
	return fault.Wrap(fault.Unavailable, store.ErrConflict, "too many writers of one document; try again")
}

func (s *Store) try(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	tx := s.begin()
	defer func() { _ = tx.snap.Close() }()
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if tx.err != nil {
		return tx.err
	}
	if len(tx.writes) == 0 {
		return nil
	}
	return s.commit(tx)
}

// begin takes a snapshot and the number of the last commit that is in it.
func (s *Store) begin() *transaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &transaction{store: s, start: s.history.last, snap: s.engine.Snapshot()}
}
