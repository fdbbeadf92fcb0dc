package firestore

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/firestore"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/rule"
)

// Run implements store.Store.
func (s *Store) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	var own error // of fn, or of a write that was refused: it goes back as it is
	err := s.client.RunTransaction(ctx, func(ctx context.Context, inner *firestore.Transaction) error {
		t := &transaction{store: s, tx: inner, written: map[store.Key]bool{}}
		own = fn(ctx, t)
		if own == nil {
			own = t.refused
		}
		if t.lost != nil { // Firestore itself says so: it runs the function again
			own = nil
			return t.lost
		}
		return own
	}, firestore.MaxAttempts(attempts))
	switch {
	case err == nil:
		return nil
	case own != nil:
		return own
	default:
		return fmt.Errorf("commit: %w", kind(ctx, err))
	}
}

// transaction implements store.Tx on Firestore's.
type transaction struct {
	store   *Store
	tx      *firestore.Transaction
	written map[store.Key]bool
	refused error // the first write that was refused fails the commit
	lost    error // a read that failed because another transaction holds the document
}

func (t *transaction) mayRead() error {
	if len(t.written) > 0 {
		return fault.New(fault.Internal, "a transaction reads before it writes, as Firestore wants it")
	}
	return nil
}

// Get implements store.Reader.
func (t *transaction) Get(ctx context.Context, k store.Key) (store.Document, error) {
	ref, err := t.store.ref(k)
	if err = errors.Join(ctx.Err(), t.mayRead(), err); err != nil {
		return store.Document{}, err
	}
	snap, err := t.tx.Get(ref)
	if err != nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, t.readError(ctx, err))
	}
	return document(k.Collection, snap)
}

// Query implements store.Reader.
func (t *transaction) Query(ctx context.Context, q store.Query) (store.Page, error) {
	query, limit, err := t.store.query(q)
	if err = errors.Join(ctx.Err(), t.mayRead(), err); err != nil {
		return store.Page{}, err
	}
	p, err := page(ctx, q, limit, t.tx.Documents(query.Limit(limit+1)))
	if err != nil {
		return p, t.readError(ctx, err)
	}
	return p, nil
}

func (t *transaction) readError(ctx context.Context, err error) error {
	err = kind(ctx, err)
	if errors.Is(err, store.ErrConflict) && t.lost == nil {
		t.lost = err
	}
	return err
}

// Create implements store.Tx.
func (t *transaction) Create(k store.Key, value any) error { return t.put(k, value, t.tx.Create) }

// Put implements store.Tx.
func (t *transaction) Put(k store.Key, value any) error {
	return t.put(k, value, func(ref *firestore.DocumentRef, v any) error { return t.tx.Set(ref, v) })
}

func (t *transaction) put(k store.Key, value any, write func(*firestore.DocumentRef, any) error) error {
	return t.write(k, func(ref *firestore.DocumentRef) error {
		data, err := rule.Marshal(k, value)
		if err != nil {
			return err
		}
		object, err := fields(data)
		if err != nil {
			return fmt.Errorf("encode %s: %w", k, err)
		}
		return write(ref, object)
	})
}

// Delete implements store.Tx.
func (t *transaction) Delete(k store.Key) error {
	return t.write(k, func(ref *firestore.DocumentRef) error { return t.tx.Delete(ref) })
}

func (t *transaction) write(k store.Key, write func(*firestore.DocumentRef) error) error {
	ref, err := t.store.ref(k)
	switch {
	case err != nil:
	case t.written[k]:
		err = fault.New(fault.Internal, "a transaction writes %s twice", k)
	default:
		if err = write(ref); err == nil {
			t.written[k] = true
		}
	}
	if err != nil && t.refused == nil {
		t.refused = err
	}
	return err
}
