package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// testReadAt: every way to read says when, by one clock that does not go back.
func testReadAt(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {Size: 1}})
	reads := func(ctx context.Context, r store.Reader) []time.Time {
		doc, err := r.Get(ctx, at("a"))
		if err != nil {
			t.Fatal(err)
		}
		page, err := r.Query(ctx, store.Query{Collection: "things", OrderBy: "size"})
		if err != nil || len(page.Documents) != 1 {
			t.Fatal(page, err)
		}
		return []time.Time{doc.ReadAt, page.Documents[0].ReadAt}
	}
	all := reads(t.Context(), s)
	err := s.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
		all = append(all, reads(ctx, tx)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, reads(t.Context(), s)...)
	for i, when := range all {
		if when.IsZero() || i > 0 && when.Before(all[i-1]) || when.Location() != time.UTC || !when.Truncate(time.Microsecond).Equal(when) {
			t.Errorf("read %d was at %s, the one before at %s", i, when, all[max(i-1, 0)])
		}
	}
}
