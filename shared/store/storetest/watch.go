package storetest

import (
	"context"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func testWatch(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {Color: "red", Size: 1}, "z": {Color: "blue", Size: 1}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	q := store.Query{Collection: "things", OrderBy: "size", Where: []store.Filter{{Field: "color", Op: store.Eq, Value: "red"}}}
	// Each change is made when the one before has been seen.
	steps := []struct {
		want string
		then func()
	}{
		{"a", func() { put(t, s, map[string]thing{"b": {Color: "red", Size: 2}}) }},
		{"b", func() { put(t, s, map[string]thing{"z": {Color: "blue", Size: 9}, "a": {Color: "red", Size: 3}}) }},
		{"a", func() { put(t, s, map[string]thing{"b": {Color: "blue", Size: 2}}) }},
		{"-b", func() { run(t, s, func(tx store.Tx) error { return tx.Delete(at("a")) }) }},
		{"-a", func() { put(t, s, map[string]thing{"z": {Color: "red", Size: 4}}) }},
		{"z", cancel},
	}
	i := 0
	for c, err := range s.Watch(ctx, q) {
		if err != nil {
			t.Fatalf("watch: %v", err)
		}
		got := c.Document.Key.ID
		if c.Deleted {
			got = "-" + got
		}
		if i >= len(steps) || got != steps[i].want {
			t.Fatalf("change %d is %s", i, got)
		}
		steps[i].then()
		i++
	}
	if i != len(steps) {
		t.Errorf("saw %d changes, want %d", i, len(steps))
	}
}

func testWatchEnds(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, many(5))
	for _, err := range s.Watch(t.Context(), store.Query{Collection: "things"}) {
		if err != nil {
			t.Errorf("watch: %v", err)
		}
		break // must not block, nor keep the store from closing
	}
	if _, err := s.Get(t.Context(), at("000")); err != nil {
		t.Errorf("get after a watch ended: %v", err)
	}
}
