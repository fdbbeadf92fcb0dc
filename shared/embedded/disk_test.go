package embedded_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func TestNearlyFullDiskRefusesUntilThereIsSpace(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	db := open(t, "db", fs)
	defer shut(t, db)
	if err := commit(db, "before"); err != nil {
		t.Fatal(err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 20})
	var err error
	for i := 0; err == nil; i++ {
		if i > 100 {
			t.Fatal("10 MiB were taken although the disk is nearly full")
		}
		err = commit(db, fmt.Sprint("big", i, strings.Repeat("x", 50_000)))
	}
	refused(t, err, fault.Unavailable, "the disk of the data folder is full")
	refused(t, commit(db, "full"), fault.Unavailable, "the disk of the data folder is full")
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	if err := commit(db, "after"); err != nil {
		t.Fatalf("there is space again: %v", err)
	}
	if !has(t, db, "before") || !has(t, db, "after") || has(t, db, "full") {
		t.Error("what is stored is not what was acknowledged")
	}
}

// disk fails each write to files whose name ends in suffix once it is full.
type disk struct {
	full   atomic.Bool
	suffix string
}

func (d *disk) String() string { return "full disk" }

func (d *disk) MaybeError(op errorfs.Op) error {
	if !d.full.Load() || op.Kind.ReadOrWrite() != errorfs.OpIsWrite || !strings.Contains(op.Path, d.suffix) {
		return nil
	}
	switch op.Kind {
	case errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpCreate, errorfs.OpReuseForWrite:
		return syscall.ENOSPC
	default:
		return nil
	}
}

// TestFullDisk: a disk that is full to the last byte is an error, never the end
// of the process, and all that was acknowledged is there after opening again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, file := range []string{".log", "MANIFEST"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			mem := vfs.NewCrashableMem()
			d := &disk{suffix: file}
			db := open(t, "db", errorfs.Wrap(mem, d))
			if err := commit(db, "before"); err != nil {
				t.Fatal(err)
			}
			d.full.Store(true)
			if file == "MANIFEST" {
				_, _ = db.AsyncFlush() // pebble's own goroutine meets the full disk
			}
			var stored []string
			var err error
			for i := 0; err == nil; i++ {
				key := fmt.Sprint("k", i)
				if err = commit(db, key); err == nil {
					stored = append(stored, key)
				}
			}
			refused(t, err, fault.Unavailable, "the disk of the data folder is full")
			refused(t, commit(db, "later"), fault.Unavailable, "the disk of the data folder is full")
			shut(t, db)
			d.full.Store(false)
			db = open(t, "db", mem.CrashClone(vfs.CrashCloneCfg{}))
			defer shut(t, db)
			for _, key := range append(stored, "before") {
				if !has(t, db, key) {
					t.Errorf("%s was acknowledged and is lost", key)
				}
			}
			if has(t, db, "later") {
				t.Error("what was refused is stored")
			}
			if err := commit(db, "again"); err != nil {
				t.Errorf("after opening again: %v", err)
			}
		})
	}
}

// TestCrash: after a loss of power each acknowledged commit is there whole, and
// the others whole or not at all.
func TestCrash(t *testing.T) {
	t.Parallel()
	for seed := range int64(20) {
		fs := vfs.NewCrashableMem()
		db := open(t, "db", fs)
		const writers = 8
		var acknowledged [writers]atomic.Int64
		var wg sync.WaitGroup
		crash, crashed := make(chan struct{}, writers*64), make(chan struct{})
		for w := range writers {
			wg.Go(func() {
				for i := int64(1); ; i++ {
					if err := commit(db, fmt.Sprintf("a%d/%d", w, i), fmt.Sprintf("b%d/%d", w, i)); err != nil {
						t.Errorf("commit: %v", err)
						return
					}
					acknowledged[w].Store(i)
					select {
					case <-crashed:
						return
					case crash <- struct{}{}:
					}
				}
			})
		}
		for range 50 + seed*7 {
			<-crash
		}
		var sure [writers]int64
		for w := range writers {
			sure[w] = acknowledged[w].Load()
		}
		after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed) * 5, RNG: rand.New(rand.NewPCG(uint64(seed), 0))})
		close(crashed)
		wg.Wait()
		shut(t, db)
		db = open(t, "db", after)
		for w := range writers {
			for i := int64(1); i <= sure[w]+64; i++ {
				a, b := has(t, db, fmt.Sprintf("a%d/%d", w, i)), has(t, db, fmt.Sprintf("b%d/%d", w, i))
				if a != b || i <= sure[w] && !a {
					t.Errorf("seed %d: commit %d of writer %d: half of it is %t, the other %t; acknowledged were %d", seed, i, w, a, b, sure[w])
				}
			}
		}
		shut(t, db)
	}
}
