package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func testComparisons(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{
		"a": {Color: "red", Size: -1.5}, "b": {Color: "red", Size: 2}, "c": {Color: "red", Size: 10},
		"d": {Color: "blue", Size: 10}, "e": {Color: "red"}, "f": {Color: "red", Size: "10"}, "g": {Color: "re", Size: 2},
	})
	red := store.Filter{Field: "color", Op: store.Eq, Value: "red"}
	for _, c := range []struct {
		op    store.Op
		value any
		want  []string
	}{
		{store.Eq, 10, []string{"c"}},
		{store.Eq, "10", []string{"f"}},
		{store.Lt, 10, []string{"a", "b"}},
		{store.Le, int64(10), []string{"a", "b", "c"}},
		{store.Gt, 2.0, []string{"c"}},
		{store.Ge, 2, []string{"b", "c"}},
		{store.Gt, 10, nil},
		{store.Lt, "2", []string{"f"}},
	} {
		q := store.Query{Collection: "things", OrderBy: "size", Where: []store.Filter{red, {Field: "size", Op: c.op, Value: c.value}}}
		wantIDs(t, s, q, c.want...)
	}
	between := []store.Filter{{Field: "size", Op: store.Gt, Value: -2}, {Field: "size", Op: store.Lt, Value: 3}, red}
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "size", Where: between}, "a", "b")
	wantIDs(t, s, store.Query{Collection: "things", Where: []store.Filter{{Field: "color", Op: store.Eq, Value: "re"}}}, "g")
	wantIDs(t, s, store.Query{Collection: "things", Where: []store.Filter{red}}, "a", "b", "c", "e", "f")
	put(t, s, map[string]thing{"b": {Color: "blue", Size: 2}})
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "size", Where: between}, "a")
	run(t, s, func(tx store.Tx) error { return tx.Delete(at("a")) })
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "size", Where: between})
}

func testOrder(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {Size: 3}, "b": {Size: 1}, "c": {Size: 3}, "d": {Size: 200}, "e": {Name: "no size"}})
	wantIDs(t, s, store.Query{Collection: "things"}, "a", "b", "c", "d", "e")
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "size"}, "b", "a", "c", "d")
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "size", Desc: true}, "d", "c", "a", "b")
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "size", Limit: 2}, "b", "a")
}

func testTimeOrder(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{
		"a": {Made: "2026-01-01T12:00:00Z"},
		"b": {Made: "2026-01-01T12:00:00.5Z"},
		"c": {Made: "2026-01-01T13:30:00+02:00"}, // before a
		"d": {Made: "2026-01-01T12:00:00.000001Z"},
		"e": {Made: "1969-12-31T23:59:59Z"},
	})
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "made_at"}, "e", "c", "a", "d", "b")
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	after := []store.Filter{{Field: "made_at", Op: store.Gt, Value: noon}}
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "made_at", Where: after}, "d", "b")
	upTo := []store.Filter{{Field: "made_at", Op: store.Le, Value: noon.In(time.FixedZone("", 3600))}}
	wantIDs(t, s, store.Query{Collection: "things", OrderBy: "made_at", Where: upTo}, "e", "c", "a")
	doc, err := store.Get[struct {
		Made time.Time `json:"made_at"`
	}](t.Context(), s, at("c"))
	if want := noon.Add(-30 * time.Minute); err != nil || !doc.Made.Equal(want) {
		t.Errorf("a time came back as %s, %v; want %s", doc.Made, err, want)
	}
}

func many(n int) map[string]thing {
	all := map[string]thing{}
	for i := range n {
		all[fmt.Sprintf("%03d", i)] = thing{Size: i / 3, Color: "red"}
	}
	return all
}

func testPages(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, many(103))
	for _, q := range []store.Query{
		{Collection: "things", Limit: 10},
		{Collection: "things", Limit: 10, OrderBy: "size"},
		{Collection: "things", Limit: 7, OrderBy: "size", Desc: true},
		{Collection: "things", Limit: 103, OrderBy: "size"},
	} {
		var got []string
		for {
			page, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			if len(page.Documents) > q.Limit || len(page.Documents) == 0 {
				t.Fatalf("%+v: a page of %d documents", q, len(page.Documents))
			}
			got = append(got, ids(page)...)
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		want := slices.Sorted(slices.Values(got))
		if q.Desc {
			slices.Reverse(want)
		}
		if len(got) != 103 || !slices.Equal(got, want) {
			t.Errorf("%+v: pages give %d documents, not all 103 in order: %v", q, len(got), got)
		}
	}
	page, err := s.Query(t.Context(), store.Query{Collection: "things"})
	if err != nil || len(page.Documents) != 50 || page.Next == "" {
		t.Errorf("without a limit: %d documents, next %q, %v; want 50 and a cursor", len(page.Documents), page.Next, err)
	}
}

func testPagesUnderWrites(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, map[string]thing{"a": {Size: 1}, "c": {Size: 3}, "e": {Size: 5}})
	q := store.Query{Collection: "things", OrderBy: "size", Limit: 2}
	page, err := s.Query(t.Context(), q)
	if diff := cmp.Diff([]string{"a", "c"}, ids(page)); err != nil || diff != "" {
		t.Fatalf("first page %v:\n%s", err, diff)
	}
	put(t, s, map[string]thing{"b": {Size: 2}, "d": {Size: 4}})
	run(t, s, func(tx store.Tx) error { return tx.Delete(at("c")) }) // the cursor's own document
	q.Cursor = page.Next
	wantIDs(t, s, q, "d", "e")
}

func testBadQueries(t *testing.T, s store.Store) {
	t.Helper()
	for name, q := range map[string]store.Query{
		"limit":          {Collection: "things", Limit: store.MaxPage + 1},
		"down by id":     {Collection: "things", Desc: true},
		"other's range":  {Collection: "things", OrderBy: "size", Where: []store.Filter{{Field: "color", Op: store.Gt, Value: "a"}}},
		"negative":       {Collection: "things", Limit: -1},
		"cursor":         {Collection: "things", Cursor: "no cursor"},
		"strange cursor": {Collection: "things", OrderBy: "size", Cursor: "AAAA"},
		"value":          {Collection: "things", OrderBy: "size", Where: []store.Filter{{Field: "size", Op: store.Gt, Value: []int{1}}}},
		"op":             {Collection: "things", OrderBy: "size", Where: []store.Filter{{Field: "size", Op: "~", Value: 1}}},
	} {
		if _, err := s.Query(t.Context(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want an invalid fault", name, err)
		}
	}
}

func testNoIndex(t *testing.T, s store.Store) {
	t.Helper()
	for name, q := range map[string]store.Query{
		"order":  {Collection: "things", OrderBy: "name"},
		"filter": {Collection: "things", Where: []store.Filter{{Field: "name", Op: store.Eq, Value: "x"}}},
		"both":   {Collection: "runs", OrderBy: "started_at"},
	} {
		if _, err := s.Query(t.Context(), q); !errors.Is(err, store.ErrNoIndex) {
			t.Errorf("%s: %v, want ErrNoIndex", name, err)
		}
	}
}
