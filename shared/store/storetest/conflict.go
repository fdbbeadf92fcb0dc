package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// conflicts are what a transaction reads, what another one commits before it
// commits itself, and whether it must then be run again.
var conflicts = []struct {
	name  string
	read  func(ctx context.Context, tx store.Tx) error
	write func(tx store.Tx) error
	runs  int
}{
	{"changed", get("a"), func(tx store.Tx) error { return tx.Put(at("a"), thing{Color: "red", Size: 9}) }, 2},
	{"deleted", get("a"), func(tx store.Tx) error { return tx.Delete(at("a")) }, 2},
	{"made", get("new"), func(tx store.Tx) error { return tx.Create(at("new"), thing{}) }, 2},
	{"another document", get("a"), func(tx store.Tx) error { return tx.Put(at("b"), thing{}) }, 1},
	{"phantom", reds, func(tx store.Tx) error { return tx.Create(at("new"), thing{Color: "red", Size: 5}) }, 2},
	{"first phantom", blues, func(tx store.Tx) error { return tx.Create(at("new"), thing{Color: "blue", Size: 5}) }, 2},
	{"found one changed", reds, func(tx store.Tx) error { return tx.Put(at("a"), thing{Color: "red", Size: 1, Name: "x"}) }, 2},
	{"found one deleted", reds, func(tx store.Tx) error { return tx.Delete(at("a")) }, 2},
	{"found one moved", reds, func(tx store.Tx) error { return tx.Put(at("a"), thing{Color: "green", Size: 1}) }, 2},
	{"moved into the range", blues, func(tx store.Tx) error { return tx.Put(at("a"), thing{Color: "blue", Size: 1}) }, 2},
	{"outside the range", reds, func(tx store.Tx) error { return tx.Create(at("new"), thing{Color: "blue", Size: 1}) }, 1},
	{"another collection", all, func(tx store.Tx) error { return tx.Create(store.Key{Collection: "runs", ID: "a"}, thing{}) }, 1},
	{"all of a collection", all, func(tx store.Tx) error { return tx.Create(at("new"), thing{}) }, 2},
}

func get(id string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Get(ctx, at(id)); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	}
}

func colored(ctx context.Context, tx store.Tx, color string) error {
	_, err := tx.Query(ctx, store.Query{
		Collection: "things", OrderBy: "size", Where: []store.Filter{{Field: "color", Op: store.Eq, Value: color}},
	})
	return err
}

func reds(ctx context.Context, tx store.Tx) error  { return colored(ctx, tx, "red") }
func blues(ctx context.Context, tx store.Tx) error { return colored(ctx, tx, "blue") }

func all(ctx context.Context, tx store.Tx) error {
	_, err := tx.Query(ctx, store.Query{Collection: "things"})
	return err
}

// testConflicts makes each conflict happen at the one moment where it matters.
func testConflicts(t *testing.T, s store.Store) {
	t.Helper()
	for i, c := range conflicts {
		put(t, s, map[string]thing{"a": {Color: "red", Size: 1}, "b": {Color: "red", Size: 2}})
		run(t, s, func(tx store.Tx) error {
			return errors.Join(tx.Delete(at("new")), tx.Delete(store.Key{Collection: "runs", ID: "a"}))
		})
		runs, done := 0, store.Key{Collection: "done", ID: fmt.Sprint(i)}
		err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
			runs++
			if err := c.read(ctx, tx); err != nil {
				return err
			}
			if runs == 1 {
				run(t, s, c.write)
			}
			return tx.Create(done, counter{runs})
		})
		if err != nil || runs != c.runs {
			t.Errorf("%s: run %d times, %v; want %d", c.name, runs, err, c.runs)
		}
		if got, err := store.Get[counter](t.Context(), s, done); err != nil || got.N != c.runs {
			t.Errorf("%s: run %d stands, %v; want %d", c.name, got.N, err, c.runs)
		}
	}
}

// testHopeless: a transaction that always loses ends, and leaves nothing.
func testHopeless(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {}})
	runs := 0
	err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
		runs++
		if err := get("a")(ctx, tx); err != nil {
			return err
		}
		put(t, s, map[string]thing{"a": {Size: runs}})
		return tx.Put(at("lost"), thing{})
	})
	if !errors.Is(err, store.ErrConflict) || runs < 2 {
		t.Errorf("after %d runs: %v, want ErrConflict", runs, err)
	}
	if _, err := s.Get(t.Context(), at("lost")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a transaction that lost left something: %v", err)
	}
}

// testSnapshotOfTwo: both reads of a transaction are of the moment it began,
// whatever is committed between them.
func testSnapshotOfTwo(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {Size: 1}, "b": {Size: 1}})
	first := true
	err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
		a, err := store.Get[thing](ctx, tx, at("a"))
		if err != nil {
			return err
		}
		if first {
			first = false
			put(t, s, map[string]thing{"a": {Size: 2}, "b": {Size: 2}})
		}
		b, err := store.Get[thing](ctx, tx, at("b"))
		if err == nil && a.Size != b.Size {
			t.Errorf("read a of %v and b of %v", a.Size, b.Size)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
