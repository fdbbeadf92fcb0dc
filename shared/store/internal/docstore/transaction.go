package docstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/rule"
)

// transaction implements store.Tx: reads go to a snapshot and are remembered,
// writes are kept until the commit.
type transaction struct {
	store  *Store
	start  uint64 // the last commit in the snapshot
	snap   Snapshot
	keys   map[string]seen // read
	spans  []span          // queried
	writes []write
	err    error // a write that was refused fails the commit
}

// seen is what a transaction read at a key. After a query only the page holds
// the value.
type seen struct {
	value []byte // nil if there was nothing
	known bool
}

func (t *transaction) saw(key []byte, s seen) {
	if t.keys == nil {
		t.keys = map[string]seen{}
	}
	t.keys[string(key)] = s
}

// write is one document to be written; nil data deletes it.
type write struct {
	key    store.Key
	data   []byte
	create bool
}

func (t *transaction) mayRead() error {
	if len(t.writes) > 0 {
		return fault.New(fault.Internal, "a transaction reads before it writes, as Firestore wants it")
	}
	return nil
}

// Get implements store.Reader.
func (t *transaction) Get(ctx context.Context, k store.Key) (store.Document, error) {
	if err := errors.Join(ctx.Err(), t.mayRead(), rule.Key(k)); err != nil {
		return store.Document{}, err
	}
	key := docKey(k)
	value, err := t.snap.Get(key)
	t.saw(key, seen{value: value, known: err == nil})
	if err != nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, err)
	}
	if value == nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, store.ErrNotFound)
	}
	return t.store.date(decode(k, value))
}

// Query implements store.Reader. What it read is the whole range of the query
// and each document of the page.
func (t *transaction) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := errors.Join(ctx.Err(), t.mayRead()); err != nil {
		return store.Page{}, err
	}
	span, err := plan(t.store.o.Schema, q)
	if err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	t.spans = append(t.spans, span)
	page, err := t.store.datePage(span.page(t.snap, q))
	for _, doc := range page.Documents {
		t.saw(docKey(doc.Key), seen{})
	}
	return page, err
}

// Create implements store.Tx.
func (t *transaction) Create(k store.Key, value any) error { return t.write(k, value, true) }

// Put implements store.Tx.
func (t *transaction) Put(k store.Key, value any) error { return t.write(k, value, false) }

func (t *transaction) write(k store.Key, value any, create bool) error {
	data, err := rule.Marshal(k, value)
	if err = errors.Join(rule.Key(k), err); err == nil {
		err = t.add(write{key: k, data: data, create: create})
	}
	return t.failed(err)
}

// Delete implements store.Tx.
func (t *transaction) Delete(k store.Key) error {
	err := rule.Key(k)
	if err == nil {
		err = t.add(write{key: k})
	}
	return t.failed(err)
}

func (t *transaction) failed(err error) error {
	if err != nil && t.err == nil {
		t.err = err
	}
	return err
}

// add refuses a second write of a document: which one wins would depend on the
// driver.
func (t *transaction) add(w write) error {
	for _, other := range t.writes {
		if other.key == w.key {
			return fault.New(fault.Internal, "a transaction writes %s twice", w.key)
		}
	}
	t.writes = append(t.writes, w)
	return nil
}
