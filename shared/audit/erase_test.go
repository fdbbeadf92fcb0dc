package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

// Erase takes page after page, leaves what is not named, and a record whose
// time is over meanwhile is no failure.
func TestErase(t *testing.T) {
	t.Parallel()
	s := &losing{Store: memory.New(memory.Options{})}
	if err := s.Store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for i := range 250 {
			if err := audit.Write(tx, audit.Record{At: noon.Add(time.Duration(i) * time.Millisecond), Verb: "v", Actor: fmt.Sprint("key:", i%2)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	total, pages := 0, 0
	for cursor, more := "", true; more; more = cursor != "" {
		erased, looked, next, err := audit.Erase(t.Context(), s, func(r audit.Record) bool { return r.Actor == "key:1" }, cursor, noon)
		if err != nil || looked > 100 || erased > looked {
			t.Fatalf("%d of %d, %v", erased, looked, err)
		}
		total, cursor, pages = total+erased, next, pages+1
	}
	if total != 124 || pages != 3 {
		t.Errorf("erased %d in %d pages; want 124, one having expired, in 3", total, pages)
	}
	left, _, err := store.List[audit.Record](t.Context(), s, store.Query{Collection: audit.Collection, Limit: store.MaxPage})
	if err != nil || len(left) != 249 {
		t.Fatalf("%d records, %v", len(left), err)
	}
	for _, r := range left {
		if (r.Actor == "key:0") == (r.ErasedAt != nil) || r.Actor == "key:1" {
			t.Errorf("%+v", r)
		}
	}
}

// losing deletes one record before the first transaction, as its end of time would.
type losing struct {
	store.Store
	done bool
}

func (l *losing) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if !l.done {
		l.done = true
		page, err := l.Query(ctx, store.Query{Collection: audit.Collection, Limit: 2})
		if err != nil {
			return err
		}
		if err := l.Store.Run(ctx, func(_ context.Context, tx store.Tx) error { return tx.Delete(page.Documents[1].Key) }); err != nil {
			return err
		}
	}
	return l.Store.Run(ctx, fn)
}
