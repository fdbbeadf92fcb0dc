package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

type counter struct {
	N int `json:"n"`
}

func testAtomic(t *testing.T, s store.Store) {
	t.Helper()
	broken := errors.New("broken")
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return errors.Join(tx.Put(at("a"), thing{}), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("the function's error came back as %v", err)
	}
	put(t, s, map[string]thing{"taken": {}})
	err = s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return errors.Join(tx.Put(at("b"), thing{}), tx.Create(at("taken"), thing{}))
	})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("create of what exists: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = s.Run(ctx, func(_ context.Context, tx store.Tx) error { return tx.Put(at("c"), thing{}) })
	if err == nil {
		t.Error("a transaction committed although its context had ended")
	}
	wantIDs(t, s, store.Query{Collection: "things"}, "taken")
}

func testReadsBeforeWrites(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {}})
	for name, read := range map[string]func(context.Context, store.Tx) error{
		"get": func(ctx context.Context, tx store.Tx) error { _, err := tx.Get(ctx, at("a")); return err },
		"query": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Query(ctx, store.Query{Collection: "things"})
			return err
		},
	} {
		err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
			if err := tx.Put(at("b"), thing{}); err != nil {
				return err
			}
			return read(ctx, tx)
		})
		if err == nil {
			t.Errorf("%s after a write was let through", name)
		}
	}
}

// testSnapshot: what a transaction reads is of one moment, or it is run again.
func testSnapshot(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {Size: 1}, "b": {Size: 1}})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 2; ; i++ {
			select {
			case <-stop:
				return
			default:
				put(t, s, map[string]thing{"a": {Size: i}, "b": {Size: i}})
			}
		}
	})
	for range 20 {
		var a, b thing
		err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			a, err = store.Get[thing](ctx, tx, at("a"))
			if err != nil {
				return err
			}
			b, err = store.Get[thing](ctx, tx, at("b"))
			return err
		})
		if err != nil || a.Size != b.Size {
			t.Errorf("read a of %v and b of %v, %v", a.Size, b.Size, err)
			break
		}
	}
	close(stop)
	wg.Wait()
}

func testLostUpdates(t *testing.T, s store.Store, writers int) {
	t.Helper()
	const each = 3
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
					c, err := store.Get[counter](ctx, tx, at("n"))
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
					return tx.Put(at("n"), counter{c.N + 1})
				})
				if err != nil {
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if c, err := store.Get[counter](t.Context(), s, at("n")); err != nil || c.N != writers*each {
		t.Errorf("counted %d, %v; want %d", c.N, err, writers*each)
	}
}

// testPhantoms: a limit that is counted by a query is never exceeded, though
// no two writers write the same document.
func testPhantoms(t *testing.T, s store.Store, writers int) {
	t.Helper()
	const limit = 3
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
				page, err := tx.Query(ctx, store.Query{Collection: "runs", OrderBy: "started_at", Where: []store.Filter{
					{Field: "policy", Op: store.Eq, Value: "p"}, {Field: "started_at", Op: store.Gt, Value: start},
				}})
				if err != nil || len(page.Documents) >= limit {
					return err
				}
				return tx.Create(store.Key{Collection: "runs", ID: fmt.Sprint("r", i)}, map[string]any{
					"policy": "p", "started_at": start.Add(time.Duration(i+1) * time.Second),
				})
			})
			if err != nil {
				t.Errorf("run %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	page, err := s.Query(t.Context(), store.Query{Collection: "runs"})
	if err != nil || len(page.Documents) != min(limit, writers) {
		t.Errorf("%d runs were let through, %v; the limit is %d", len(page.Documents), err, limit)
	}
}

func testCreateOnce(t *testing.T, s store.Store, writers int) {
	t.Helper()
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
				return tx.Create(at("one"), thing{Name: fmt.Sprint(i)})
			})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrExists):
				t.Errorf("create: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d creates of one document succeeded", won.Load())
	}
}
