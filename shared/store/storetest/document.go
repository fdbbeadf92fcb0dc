package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func testDocuments(t *testing.T, s store.Store) {
	t.Helper()
	if _, err := s.Get(t.Context(), at("a")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("get of what is not there: %v, want ErrNotFound", err)
	}
	run(t, s, func(tx store.Tx) error { return tx.Create(at("a"), thing{Name: "first"}) })
	if got, err := store.Get[thing](t.Context(), s, at("a")); err != nil || got.Name != "first" {
		t.Errorf("get after create: %+v, %v", got, err)
	}
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Create(at("a"), thing{Name: "second"}) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("second create: %v, want ErrExists", err)
	}
	run(t, s, func(tx store.Tx) error { return tx.Put(at("a"), thing{Name: "third", Color: "red"}) })
	run(t, s, func(tx store.Tx) error { return tx.Put(at("a"), thing{Name: "fourth"}) })
	got, err := store.Get[thing](t.Context(), s, at("a"))
	if diff := cmp.Diff(thing{Name: "fourth"}, got); err != nil || diff != "" {
		t.Errorf("put replaces the whole document (-want +got), err %v:\n%s", err, diff)
	}
	run(t, s, func(tx store.Tx) error { return tx.Delete(at("a")) })
	run(t, s, func(tx store.Tx) error { return tx.Delete(at("a")) })
	if _, err := s.Get(t.Context(), at("a")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("get after delete: %v, want ErrNotFound", err)
	}
}

func testVersions(t *testing.T, s store.Store) {
	t.Helper()
	var last uint64
	for i := range 6 {
		if i == 3 { // a document made again is not taken for the one before
			run(t, s, func(tx store.Tx) error { return tx.Delete(at("a")) })
		}
		put(t, s, map[string]thing{"a": {Size: i}})
		doc, err := s.Get(t.Context(), at("a"))
		if err != nil || doc.Version <= last {
			t.Fatalf("write %d: version %d after %d, %v: it must grow", i, doc.Version, last, err)
		}
		last = doc.Version
	}
}

func testRefusals(t *testing.T, s store.Store) {
	t.Helper()
	for name, k := range map[string]store.Key{
		"no id":        {Collection: "things"},
		"slash":        {Collection: "things", ID: "a/b"},
		"dots":         {Collection: "things", ID: ".."},
		"long id":      {Collection: "things", ID: strings.Repeat("x", 513)},
		"collection":   {ID: "a"},
		"a document's": {Collection: "things/a", ID: "b"},
	} {
		err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(k, thing{}) })
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: put gives %v, want an invalid fault", name, err)
		}
		if _, err := s.Get(t.Context(), k); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: get gives %v, want an invalid fault", name, err)
		}
	}
	big := thing{Name: strings.Repeat("x", store.MaxDocumentBytes)}
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(at("big"), big) })
	if !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("a document over the limit: %v, want ErrTooLarge", err)
	}
	err = s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		_ = tx.Put(at("list"), []int{1}) // the error must fail the commit, looked at or not
		return nil
	})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a list as a document: %v, want an invalid fault", err)
	}
}

func testValues(t *testing.T, s store.Store) {
	t.Helper()
	const body = `{"name":"é\u0000\n","size":9007199254740991,"nested":{"float":1.5,"list":[1,"a",null,true,{"x":[]}],"none":null,"whole":2},` +
		`"made_at":"2026-01-02T03:04:05.000006Z"}`
	run(t, s, func(tx store.Tx) error { return tx.Put(at("a"), json.RawMessage(body)) })
	doc, err := s.Get(t.Context(), at("a"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal([]byte(body), &want), json.Unmarshal(doc.Data, &got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the document came back changed (-want +got):\n%s", diff)
	}
}

func testCollections(t *testing.T, s store.Store) {
	t.Helper()
	nested := store.Key{Collection: "things/a/parts", ID: "p"}
	run(t, s, func(tx store.Tx) error {
		return errors.Join(tx.Put(at("a"), thing{Name: "a"}), tx.Put(nested, thing{Name: "part"}))
	})
	wantIDs(t, s, store.Query{Collection: "things"}, "a")
	wantIDs(t, s, store.Query{Collection: "things/a/parts"}, "p")
	wantIDs(t, s, store.Query{Collection: "thing"})
}
