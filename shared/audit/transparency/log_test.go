package transparency_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const name = "test.example/audit"

func newLog(t *testing.T) *transparency.Log {
	t.Helper()
	private, err := transparency.NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	signer, key, err := transparency.ParseKey(string(private))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(start)
	return &transparency.Log{
		Store: memory.New(memory.Options{Schema: schema}), Blobs: blobmemory.New(c), Clock: c, Signer: signer, Key: key,
	}
}

// write adds n records, ids in the order of chance.
func write(t *testing.T, s store.Store, n int) {
	t.Helper()
	for i := range n {
		err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
			return audit.Write(tx, audit.Record{At: start, Actor: "key:ana", Verb: "test", Subject: fmt.Sprint("things/", i), Reason: "because"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// check rebuilds the tree from the records alone, in order of their indexes,
// and holds it against the checkpoint and the bundles.
func check(t *testing.T, l *transparency.Log, want int64) {
	t.Helper()
	st, err := transparency.Read(t.Context(), l.Store)
	if err != nil {
		t.Fatal(err)
	}
	c, err := transparency.ParseCheckpoint([]byte(st.Checkpoint), st.Key)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range at {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	q := store.Query{Collection: audit.Collection, OrderBy: "index", Limit: store.MaxPage}
	var leaves []string
	for {
		records, next, err := store.List[audit.Record](t.Context(), l.Store, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			leaf, err := r.Leaf()
			if err != nil {
				t.Fatal(err)
			}
			text, err := leaf.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			h, err := tlog.StoredHashes(r.Index, text, reader)
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, h...)
			leaves = append(leaves, string(text))
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	root, err := tlog.TreeHash(int64(len(leaves)), reader)
	if err != nil {
		t.Fatal(err)
	}
	if want != int64(len(leaves)) || c.Size != want || st.Size != want || st.Next != want || c.Root != root || c.Origin != name {
		t.Fatalf("checkpoint %+v and state of %d/%d leaves; want %d leaves with root %s", c, st.Size, st.Next, want, root)
	}
	if diff := cmp.Diff(leaves, bundles(t, l.Blobs, want)); diff != "" {
		t.Fatal(diff)
	}
}

func bundles(t *testing.T, b blob.Store, size int64) []string {
	t.Helper()
	var out []string
	for n := range (size + 255) / 256 {
		r, err := b.Get(t.Context(), transparency.BundleKey(n, int(min(256, size-n*256))))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := transparency.Entries(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			out = append(out, string(e))
		}
	}
	return out
}

func TestSealGrowsTheTree(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	total := 0
	for _, n := range []int{1, 0, 254, 1, 1, 700, 3, 256} { // up to, at and over the edges of tiles and batches
		write(t, l.Store, n)
		total += n
		sealed, err := l.Seal(t.Context())
		if err != nil || sealed != n {
			t.Fatalf("sealed %d, %v; want %d", sealed, err, n)
		}
		check(t, l, int64(total))
	}
	infos, _, err := l.Blobs.List(t.Context(), transparency.Prefix+"tile/", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if full, _, partial := strings.Cut(info.Key, ".p/"); partial {
			if _, err := l.Blobs.Stat(t.Context(), full); err == nil {
				t.Errorf("%s is kept beside the full one", info.Key)
			}
		}
	}
}

func TestTwoSealersMakeOneLog(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	write(t, l.Store, 1500)
	var group errgroup.Group
	for range 4 {
		group.Go(func() error { _, err := l.Seal(t.Context()); return err })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	check(t, l, 1500)
}

// errKilled stands for the process's end.
var errKilled = errors.New("killed")

// steps counts durable steps and kills before or after the one at left.
type steps struct {
	left  int
	after bool
}

func (s *steps) do(step func() error) error {
	if s.left--; s.left < 0 || s.left == 0 && !s.after {
		s.left = min(s.left, 0)
		return errKilled
	}
	if err := step(); err != nil {
		return err
	}
	if s.left == 0 {
		return errKilled
	}
	return nil
}

type dyingStore struct {
	store.Store
	*steps
}

func (d dyingStore) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return d.do(func() error { return d.Store.Run(ctx, fn) })
}

type dyingBlobs struct {
	blob.Store
	*steps
}

func (d dyingBlobs) Put(ctx context.Context, key string, r io.Reader) error {
	return d.do(func() error { return d.Store.Put(ctx, key, r) })
}

func (d dyingBlobs) Delete(ctx context.Context, key string) error {
	return d.do(func() error { return d.Store.Delete(ctx, key) })
}

// TestKilledSealerIsFinished kills a sealer before and after every durable
// step; meanwhile more records come, some with ids before those under way.
func TestKilledSealerIsFinished(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for step := 1; ; step++ {
			l := newLog(t)
			write(t, l.Store, 255)
			if _, err := l.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			write(t, l.Store, 3)
			s := &steps{left: step, after: after}
			killed := *l
			killed.Store, killed.Blobs = dyingStore{l.Store, s}, dyingBlobs{l.Blobs, s}
			_, err := killed.Seal(t.Context())
			if err == nil {
				if step < 8 {
					t.Fatalf("only %d steps", step)
				}
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			write(t, l.Store, 5)
			if _, err := l.Seal(t.Context()); err != nil {
				t.Fatalf("killed at step %d (after: %t): %v", step, after, err)
			}
			check(t, l, 263)
		}
	}
}

func TestARecordTakenOutBeforeItIsSealedStopsTheSealer(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	write(t, l.Store, 10)
	s := &steps{left: 1, after: true} // killed after the indexes are given
	killed := *l
	killed.Store = dyingStore{l.Store, s}
	if _, err := killed.Seal(t.Context()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	records, _, err := store.List[audit.Record](t.Context(), l.Store, store.Query{Collection: audit.Collection})
	if err != nil {
		t.Fatal(err)
	}
	err = l.Store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Delete(store.Key{Collection: audit.Collection, ID: records[3].ID})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = l.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), "audit record 3 is missing") {
		t.Errorf("got %v, want the missing record named", err)
	}
}

func TestErasingKeepsTheLeaf(t *testing.T) {
	t.Parallel()
	r := audit.Record{ID: "a", At: start, Actor: "key:ana", Verb: "v", Subject: "s", Reason: "Ana asked", Details: map[string]string{"who": "ana"}, Salt: "00ff"}
	before, err := r.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	erased, err := r.Erase(start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	after, err := erased.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(erased)
	if err != nil || strings.Contains(strings.ToLower(string(text)), "ana") || strings.Contains(string(text), "00ff") {
		t.Errorf("%s still tells of the person (%v)", text, err)
	}
	erased.Actor = "key:eve"
	if forged, err := erased.Leaf(); err != nil || forged == before {
		t.Error("a name put beside the kept commitment is not seen")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	private, err := transparency.NewKey(name)
	if err != nil {
		f.Fatal(err)
	}
	_, key, err := transparency.ParseKey(string(private))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(name + "\n1\nAAAA\n\n— x y\n"))
	f.Fuzz(func(t *testing.T, signed []byte) {
		if c, err := transparency.ParseCheckpoint(signed, key); err == nil {
			t.Errorf("a forged checkpoint passed: %+v", c)
		}
	})
}

func FuzzEntries(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 0, 0})
	f.Add([]byte{0, 2, 'a'})
	f.Fuzz(func(t *testing.T, bundle []byte) {
		entries, err := transparency.Entries(bundle)
		if err != nil {
			return
		}
		n := 0
		for _, e := range entries {
			n += 2 + len(e)
		}
		if n != len(bundle) {
			t.Errorf("%d bytes became %d", len(bundle), n)
		}
	})
}
