package retention_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/retention"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

const day = 24 * time.Hour

var (
	start    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	defaults = retention.Config{Bodies: 30, Deliveries: 90, History: 400, Operations: 400, Security: 1100}
)

type rig struct {
	store   store.Store
	blobs   *blobmemory.Store
	bus     *busmemory.Bus
	clock   *clock.Virtual
	log     *transparency.Log
	expirer *retention.Expirer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	private, err := transparency.NewKey("test.example/audit")
	if err != nil {
		t.Fatal(err)
	}
	signer, key, err := transparency.ParseKey(string(private))
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(start)
	r := &rig{store: memory.New(memory.Options{Schema: schema}), blobs: blobmemory.New(c), bus: busmemory.New(busmemory.Options{Clock: c}), clock: c}
	r.log = &transparency.Log{Store: r.store, Blobs: r.blobs, Clock: c, Signer: signer, Key: key}
	r.expirer = &retention.Expirer{Config: defaults, Store: r.store, Blobs: r.blobs, Letters: r.bus, Clock: c}
	if err := r.bus.Ensure(t.Context(), bus.Subscription{Name: "decide", Topic: "events"}); err != nil {
		t.Fatal(err)
	}
	return r
}

// put stores documents by their keys "collection/id".
func (r *rig) put(t *testing.T, docs map[string]any) {
	t.Helper()
	if err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for name, doc := range docs {
			if err := tx.Put(keyOf(name), doc); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func keyOf(name string) store.Key {
	i := strings.LastIndexByte(name, '/')
	return store.Key{Collection: name[:i], ID: name[i+1:]}
}

// body stores a blob as it is dated now.
func (r *rig) body(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := r.blobs.Put(t.Context(), key, strings.NewReader("{}")); err != nil {
			t.Fatal(err)
		}
	}
}

// there reports whether a document or, with a prefix "events/", a body is there.
func (r *rig) there(t *testing.T, name string) bool {
	t.Helper()
	if strings.HasPrefix(name, "events/") {
		_, err := r.blobs.Stat(t.Context(), name)
		return err == nil
	}
	_, err := r.store.Get(t.Context(), keyOf(name))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// expire runs passes until they have nothing to do, and returns what is gone.
func (r *rig) expire(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	for range 3 { // an execution goes before its decision
		n, err := r.expirer.Expire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range n {
			all[name] += n
		}
		r.clock.Advance(7 * time.Hour)
	}
	return all
}

// write writes audit records of the classes given.
func (r *rig) write(t *testing.T, classes ...string) {
	t.Helper()
	if err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for _, class := range classes {
			if err := audit.Write(tx, audit.Record{At: r.clock.Now(), Actor: "key:ana", Verb: "v", Subject: "s/1", Retention: class}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) seal(t *testing.T) {
	t.Helper()
	if _, err := r.log.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) records(t *testing.T) (all []audit.Record) {
	t.Helper()
	err := verify.Direct{Store: r.store}.Records(t.Context(), func(f verify.Found) error {
		r, err := f.Record()
		all = append(all, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (r *rig) verify(t *testing.T) verify.Report {
	t.Helper()
	now := r.clock.Now()
	report, err := verify.Log(t.Context(), verify.Direct{Store: r.store, Blobs: r.blobs}, verify.Options{
		Now: now, Expired: func(l audit.Leaf) bool { return defaults.Expired(l, now) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}
