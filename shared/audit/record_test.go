package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

func TestRecordsAreInTheOrderOfTheirIDs(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Options{})
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, i := range []int{2, 0, 1, 1} { // two of one instant do not collide
		err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
			return audit.Write(tx, audit.Record{At: start.Add(time.Duration(i) * time.Millisecond), Verb: fmt.Sprint(i)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, _, err := store.List[audit.Record](t.Context(), s, store.Query{Collection: audit.Collection})
	if err != nil || len(list) != 4 {
		t.Fatalf("%d records, %v", len(list), err)
	}
	for i, want := range []string{"0", "1", "1", "2"} {
		if list[i].Verb != want || list[i].Retention != "operations" || list[i].ID == "" {
			t.Errorf("record %d is %+v, want verb %s", i, list[i], want)
		}
	}
}

func TestRecordGoesWithItsTransaction(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Options{})
	failed := errors.New("failed")
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return errors.Join(audit.Write(tx, audit.Record{At: time.Unix(0, 0)}), failed)
	})
	page, queryErr := s.Query(t.Context(), store.Query{Collection: audit.Collection})
	if !errors.Is(err, failed) || queryErr != nil || len(page.Documents) != 0 {
		t.Errorf("%v: %d records of a change that was not made", err, len(page.Documents))
	}
	huge := audit.Record{Subject: "x", Reason: string(make([]byte, store.MaxDocumentBytes))}
	err = s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return audit.Write(tx, huge) })
	if !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("got %v, want too large", err)
	}
}
