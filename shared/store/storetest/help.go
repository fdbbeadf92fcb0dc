package storetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func at(id string) store.Key { return store.Key{Collection: "things", ID: id} }

// put writes things by id in one transaction.
func put(t *testing.T, s store.Store, things map[string]thing) {
	t.Helper()
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for id, v := range things {
			if err := tx.Put(at(id), v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("put: %v", err)
	}
}

// run runs fn in a transaction that must commit.
func run(t *testing.T, s store.Store, fn func(tx store.Tx) error) {
	t.Helper()
	if err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) }); err != nil {
		t.Fatalf("transaction: %v", err)
	}
}

// ids returns the ids of a page.
func ids(p store.Page) []string {
	all := []string{}
	for _, d := range p.Documents {
		all = append(all, d.Key.ID)
	}
	return all
}

// wantIDs checks the ids that q gives, on one page.
func wantIDs(t *testing.T, s store.Store, q store.Query, want ...string) {
	t.Helper()
	page, err := s.Query(t.Context(), q)
	if err != nil {
		t.Errorf("query %+v: %v", q, err)
		return
	}
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, ids(page)); diff != "" {
		t.Errorf("query %+v (-want +got):\n%s", q, diff)
	}
}
