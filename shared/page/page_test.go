package page_test

import (
	"context"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func raise(t *testing.T, s store.Store, summary string, at time.Time) {
	t.Helper()
	err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return page.Raise(ctx, tx, page.Page{Kind: "fight", Severity: page.Critical, Subject: "o/r issue 1", Summary: summary, Do: "look"}, "system:test", at)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func pages(t *testing.T, s store.Store) []page.Page {
	t.Helper()
	all, _, err := store.List[page.Page](t.Context(), s, store.Query{Collection: page.Collection})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheSameTroubleFoldsWhileOpen(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Options{})
	raise(t, s, "first", start)
	raise(t, s, "second", start.Add(time.Minute))
	all := pages(t, s)
	if len(all) != 1 || all[0].Count != 2 || all[0].Summary != "second" || !all[0].RaisedAt.Equal(start) || !all[0].Open {
		t.Fatalf("got %+v, want one open page raised twice", all)
	}
	var resolved page.Page
	err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		resolved, err = page.Resolve(ctx, tx, all[0].ID, "key:ana", start.Add(time.Hour))
		return err
	})
	if err != nil || resolved.Open || resolved.ResolvedBy != "key:ana" {
		t.Fatalf("resolved %+v, %v", resolved, err)
	}
	raise(t, s, "again", start.Add(2*time.Hour))
	if all = pages(t, s); len(all) != 1 || !all[0].Open || all[0].Count != 1 || all[0].ResolvedAt != nil {
		t.Errorf("got %+v, want it open anew", all)
	}
	records, _, err := store.List[audit.Record](t.Context(), s, store.Query{Collection: audit.Collection})
	if err != nil || len(records) != 3 {
		t.Errorf("%d audit records, %v; want raised, resolved, raised", len(records), err)
	}
}

func TestResolveWhatIsNotThere(t *testing.T) {
	t.Parallel()
	err := memory.New(memory.Options{}).Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := page.Resolve(ctx, tx, "nope", "key:ana", start)
		return err
	})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want not found", err)
	}
}
