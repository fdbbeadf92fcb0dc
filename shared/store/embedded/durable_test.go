package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/storetest"
)

type item struct {
	Color string `json:"color"`
	Size  int    `json:"size"`
}

func write(ctx context.Context, s *embedded.Store, id string, i item) error {
	return s.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: "things", ID: id}, i)
	})
}

var bySize = store.Query{
	Collection: "things", OrderBy: "size", Limit: store.MaxPage,
	Where: []store.Filter{{Field: "color", Op: store.Eq, Value: "red"}},
}

// TestIndexesSurviveACrash: documents and their index entries are of one commit.
func TestIndexesSurviveACrash(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, "db", fs, storetest.Schema)
	for i := range 20 {
		if err := write(t.Context(), s, fmt.Sprintf("%02d", i%10), item{Color: "red", Size: i}); err != nil {
			t.Fatal(err)
		}
	}
	before, err := s.Get(t.Context(), store.Key{Collection: "things", ID: "09"})
	if err != nil {
		t.Fatal(err)
	}
	s = open(t, "db", fs.CrashClone(vfs.CrashCloneCfg{}), storetest.Schema)
	values, next, err := store.List[item](t.Context(), s, bySize)
	if err != nil || next != "" || len(values) != 10 {
		t.Fatalf("found %d documents, next %q, %v; want 10", len(values), next, err)
	}
	for i, v := range values {
		if v.Size != 10+i {
			t.Errorf("document %d has size %d, want %d", i, v.Size, 10+i)
		}
	}
	if err := write(t.Context(), s, "09", item{Color: "blue", Size: 1}); err != nil {
		t.Fatal(err)
	}
	after, err := s.Get(t.Context(), before.Key)
	if err != nil || after.Version <= before.Version {
		t.Errorf("version %d after %d, %v: it must grow over a restart too", after.Version, before.Version, err)
	}
}

// TestFailedDisk: reads and writes say what is wrong; nothing hangs or panics.
func TestFailedDisk(t *testing.T) {
	t.Parallel()
	var full atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSyncData) {
			return syscall.ENOSPC
		}
		return nil
	}))
	s := open(t, "db", fs, storetest.Schema)
	if err := write(t.Context(), s, "a", item{Color: "red"}); err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	for i := range 3 {
		if err := write(t.Context(), s, "b", item{}); !fault.Is(err, fault.Unavailable) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("write %d: %v, want unavailable, for the disk is full", i, err)
		}
	}
	if _, err := s.Query(t.Context(), bySize); !fault.Is(err, fault.Unavailable) {
		t.Errorf("query: %v, want unavailable", err)
	}
	if _, err := s.Get(t.Context(), store.Key{Collection: "things", ID: "a"}); err != nil {
		t.Errorf("get of what is stored: %v", err)
	}
}
