package retention_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/retention"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestAuditRecordsExpire: after their time the log verifies without them, says
// how many they are, and still names a record that was deleted before its time.
func TestAuditRecordsExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 250 {
		r.write(t, "operations")
	}
	r.write(t, "security", "operations")
	r.seal(t)
	r.clock.Advance(399 * day)
	r.write(t, "operations")
	r.seal(t)
	if n := r.expire(t); len(n) != 0 { // takes 21 hours
		t.Fatalf("%v expired before their time", n)
	}
	r.clock.Advance(day)
	r.write(t, "operations") // not sealed
	r.clock.Advance(time.Second)
	if diff := cmp.Diff(map[string]int{"audit": 251}, r.expire(t)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	r.seal(t)
	if report := r.verify(t); !report.Whole() || report.Expired != 251 {
		t.Fatalf("%d expired, want 251; damages %+v", report.Expired, report.Damages)
	}
	kept := r.records(t)
	if kept[0].Retention != "security" || kept[0].Index > 251 {
		t.Fatalf("the oldest record that is kept is %+v; want that of class security", kept[0])
	}
	if kept[len(kept)-1].Verb != "retention.expired" || kept[len(kept)-1].Actor != retention.Actor {
		t.Errorf("the last record is %+v; want that of the deletion", kept[len(kept)-1])
	}
	r.remove(t, audit.Collection+"/"+kept[0].ID)
	if report := r.verify(t); report.Whole() || report.Damages[0].Kind != verify.Missing || report.Damages[0].Record != kept[0].ID {
		t.Errorf("a record that was deleted before its time: %+v", report)
	}
}

// What is not in the log yet must not go, however old: nothing would tell of it.
func TestUnsealedRecordsStay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.write(t, "operations", "security")
	r.clock.Advance(2000 * day)
	if n := r.expire(t); len(n) != 0 {
		t.Fatalf("%v expired and were never sealed", n)
	}
	r.log.Blobs = full{r.blobs} // they get their place, and no leaf
	if _, err := r.log.Seal(t.Context()); err == nil {
		t.Fatal("sealed without a disk")
	}
	if n := r.expire(t); len(n) != 0 {
		t.Fatalf("%v expired and were not in the tree", n)
	}
	r.log.Blobs = r.blobs
	r.seal(t)
	if n := r.expire(t); n["audit"] != 2 {
		t.Errorf("%v expired, want both", n)
	}
}

func (r *rig) remove(t *testing.T, name string) {
	t.Helper()
	if err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Delete(keyOf(name)) }); err != nil {
		t.Fatal(err)
	}
}

// full is a disk that takes nothing.
type full struct{ blob.Store }

func (full) Put(context.Context, string, io.Reader) error { return errors.New("no space left") }
