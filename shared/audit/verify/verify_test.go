package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// logged is a sealed log that can be damaged.
type logged struct {
	store store.Store
	blobs blob.Store
	log   *transparency.Log
	seen  verify.Seen
}

func newLogged(t *testing.T) *logged {
	t.Helper()
	private, err := transparency.NewKey("test.example/audit")
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
	l := &logged{store: memory.New(memory.Options{Schema: schema}), blobs: blobmemory.New(c)}
	l.log = &transparency.Log{Store: l.store, Blobs: l.blobs, Clock: c, Signer: signer, Key: key}
	return l
}

// grow writes n records and seals them.
func (l *logged) grow(t *testing.T, n int) {
	t.Helper()
	err := l.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for i := range n {
			if err := audit.Write(tx, audit.Record{At: start, Actor: "key:ann", Verb: "thing.done", Subject: fmt.Sprint("things/", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.log.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (l *logged) verify(t *testing.T) verify.Report {
	t.Helper()
	r, err := verify.Log(t.Context(), verify.Direct{Store: l.store, Blobs: l.blobs}, verify.Options{Seen: l.seen, Now: start})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (l *logged) records(t *testing.T) []audit.Record {
	t.Helper()
	var all []audit.Record
	err := verify.Direct{Store: l.store}.Records(t.Context(), func(f verify.Found) error {
		r, err := f.Record()
		all = append(all, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (l *logged) put(t *testing.T, rs ...audit.Record) {
	t.Helper()
	l.change(t, func(tx store.Tx) error {
		for _, r := range rs {
			if err := tx.Put(store.Key{Collection: audit.Collection, ID: r.ID}, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *logged) change(t *testing.T, fn func(store.Tx) error) {
	t.Helper()
	if err := l.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

func (l *logged) blob(t *testing.T, key string) []byte {
	t.Helper()
	data, err := verify.Direct{Blobs: l.blobs}.Blob(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (l *logged) replace(t *testing.T, key string, data []byte) {
	t.Helper()
	if err := l.blobs.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if data == nil {
		return
	}
	if err := l.blobs.Put(t.Context(), key, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func TestWholeLogs(t *testing.T) {
	t.Parallel()
	l := newLogged(t)
	total := int64(0)
	for _, n := range []int{0, 1, 1, 253, 1, 1, 255, 300} {
		l.grow(t, n)
		total += int64(n)
		r := l.verify(t)
		if !r.Whole() || r.Size != total || r.Unsealed != 0 {
			t.Fatalf("%d leaves: %+v", total, r)
		}
		l.seen = r.Remembered
	}
}

// TestS19EveryDamageIsNamed does 1,000 damages of ten kinds at random places,
// and demands that each is found, at its place and by its name.
func TestS19EveryDamageIsNamed(t *testing.T) {
	t.Parallel()
	const size, first = 300, 260
	dice := rand.New(rand.NewPCG(19, 1))
	l := newLogged(t)
	l.grow(t, first)
	l.seen = l.verify(t).Remembered
	l.grow(t, size-first)
	good := l.records(t)
	st, err := transparency.Read(t.Context(), l.store)
	if err != nil {
		t.Fatal(err)
	}
	kinds := damages(l, good, st)
	for n := range 1000 {
		i := dice.IntN(size)
		d := kinds[n%len(kinds)]
		undo := d.do(t, i, dice)
		r := l.verify(t)
		if r.Whole() || d.at && (r.Damages[0].Index != int64(i) || r.Damages[0].Kind != d.kind) || !d.at && d.kind != "" && r.Damages[0].Kind != d.kind {
			t.Fatalf("%s at %d: found %+v", d.name, i, r.Damages)
		}
		if d.record && r.Damages[0].Record != good[i].ID {
			t.Fatalf("%s at %d: named %q, want %q", d.name, i, r.Damages[0].Record, good[i].ID)
		}
		undo()
	}
	if r := l.verify(t); !r.Whole() {
		t.Fatalf("after all is undone: %+v", r.Damages)
	}
}

type damage struct {
	name   string
	kind   verify.Kind
	at     bool // the first damage is at the index
	record bool // and names the record
	do     func(t *testing.T, i int, dice *rand.Rand) (undo func())
}

func damages(l *logged, good []audit.Record, st transparency.State) []damage {
	bundle := func(i int) string { return transparency.BundleKey(int64(i/256), min(256, len(good)-i/256*256)) }
	restore := func(t *testing.T, key string) func() {
		t.Helper()
		data := l.blob(t, key)
		return func() { l.replace(t, key, data) }
	}
	setState := func(t *testing.T, s transparency.State) {
		t.Helper()
		l.change(t, func(tx store.Tx) error {
			return tx.Put(store.Key{Collection: transparency.Collection, ID: "state"}, s)
		})
	}
	return []damage{
		{"a record changed", verify.Changed, true, true, func(t *testing.T, i int, dice *rand.Rand) func() {
			t.Helper()
			r := good[i]
			switch dice.IntN(4) {
			case 0:
				r.Verb += "x"
			case 1:
				r.Actor = "key:eve"
			case 2:
				r.At = r.At.Add(time.Microsecond)
			default:
				r.To = "succeeded"
			}
			l.put(t, r)
			return func() { l.put(t, good[i]) }
		}},
		{"a record deleted", verify.Missing, true, true, func(t *testing.T, i int, _ *rand.Rand) func() {
			t.Helper()
			l.change(t, func(tx store.Tx) error { return tx.Delete(store.Key{Collection: audit.Collection, ID: good[i].ID}) })
			return func() { l.put(t, good[i]) }
		}},
		{"a record taken out of the log's order", verify.Missing, true, true, func(t *testing.T, i int, _ *rand.Rand) func() {
			t.Helper()
			r := good[i]
			r.Index = audit.Unsealed
			l.put(t, r)
			return func() { l.put(t, good[i]) }
		}},
		{"two records exchanged", verify.Reordered, false, false, func(t *testing.T, i int, dice *rand.Rand) func() {
			t.Helper()
			j := (i + 1 + dice.IntN(len(good)-1)) % len(good)
			a, b := good[i], good[j]
			a.Index, b.Index = b.Index, a.Index
			l.put(t, a, b)
			return func() { l.put(t, good[i], good[j]) }
		}},
		{"an entry flipped", "", false, false, func(t *testing.T, i int, dice *rand.Rand) func() {
			t.Helper()
			undo := restore(t, bundle(i))
			data := bytes.Clone(l.blob(t, bundle(i)))
			data[dice.IntN(len(data))] ^= 1 << dice.IntN(8)
			l.replace(t, bundle(i), data)
			return undo
		}},
		{"a bundle deleted", verify.Missing, false, false, func(t *testing.T, i int, _ *rand.Rand) func() {
			t.Helper()
			undo := restore(t, bundle(i))
			l.replace(t, bundle(i), nil)
			return undo
		}},
		{"a tile flipped", verify.Damaged, true, false, func(t *testing.T, i int, dice *rand.Rand) func() {
			t.Helper()
			key := transparency.TileKey(0, int64(i/256), min(256, len(good)-i/256*256))
			undo := restore(t, key)
			data := bytes.Clone(l.blob(t, key))
			data[i%256*32+dice.IntN(32)] ^= 1 << dice.IntN(8)
			l.replace(t, key, data)
			return undo
		}},
		{"the checkpoint flipped", verify.Forked, false, false, func(t *testing.T, _ int, dice *rand.Rand) func() {
			t.Helper()
			s := st
			text := []byte(s.Checkpoint)
			text[dice.IntN(strings.Index(s.Checkpoint, "\n\n"))] ^= 1 << dice.IntN(7)
			s.Checkpoint = string(text)
			setState(t, s)
			return func() { setState(t, st) }
		}},
		{"the tail cut with its state", verify.Cut, false, false, func(t *testing.T, i int, _ *rand.Rand) func() {
			t.Helper()
			short := i % 260 // below what was seen
			s := st
			s.Size, s.Next = int64(short), int64(short)
			setState(t, cutTo(t, l, s))
			return func() { setState(t, st) }
		}},
		{"another history signed with another key", verify.Forked, false, false, func(t *testing.T, _ int, _ *rand.Rand) func() {
			t.Helper()
			other := newLogged(t)
			other.grow(t, 3)
			s, err := transparency.Read(t.Context(), other.store)
			if err != nil {
				t.Fatal(err)
			}
			setState(t, s)
			return func() { setState(t, st) }
		}},
	}
}

// cutTo signs a checkpoint of a shorter log, as its owner could.
func cutTo(t *testing.T, l *logged, s transparency.State) transparency.State {
	t.Helper()
	short := newLogged(t)
	short.log.Signer, short.log.Key = l.log.Signer, l.log.Key
	if s.Size > 0 {
		records := l.records(t)[:s.Size]
		for i := range records {
			records[i].Index = audit.Unsealed
		}
		short.put(t, records...)
	}
	if _, err := short.log.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := transparency.Read(t.Context(), short.store)
	if err != nil {
		t.Fatal(err)
	}
	out.Key = l.log.Key
	return out
}

// TestAForkBelowTheLastLookIsSeen: the writer, who has the key, makes another
// history of the same length.
func TestAForkBelowTheLastLookIsSeen(t *testing.T) {
	t.Parallel()
	a, b := newLogged(t), newLogged(t)
	b.log.Signer, b.log.Key = a.log.Signer, a.log.Key
	a.grow(t, 10)
	b.grow(t, 12)
	b.seen = a.verify(t).Remembered
	r := b.verify(t)
	if r.Whole() || r.Damages[0].Kind != verify.Forked {
		t.Errorf("found %+v", r.Damages)
	}
	if r.Remembered != b.seen {
		t.Error("the fork took the place of what was remembered")
	}
}

// TestS19AnotherKeyIsNamedOnce: a log under another key is told to be so, and is
// held against its own checkpoint, so that nothing untrue is told besides.
func TestS19AnotherKeyIsNamedOnce(t *testing.T) {
	t.Parallel()
	old, l := newLogged(t), newLogged(t)
	old.grow(t, 5)
	l.grow(t, 3)
	l.seen = old.verify(t).Remembered
	r := l.verify(t)
	var kinds []verify.Kind
	for _, d := range r.Damages {
		kinds = append(kinds, d.Kind)
	}
	if !slices.Equal(kinds, []verify.Kind{verify.Forked, verify.Cut}) || r.Remembered != l.seen {
		t.Error(r.Damages)
	}
}

// TestS19AFirstLookSeesACutTail: the state is put back to an earlier checkpoint,
// and nobody remembers a later one; but it was signed, and lies there.
func TestS19AFirstLookSeesACutTail(t *testing.T) {
	t.Parallel()
	l := newLogged(t)
	l.grow(t, 3)
	early, err := transparency.Read(t.Context(), l.store)
	if err != nil {
		t.Fatal(err)
	}
	l.grow(t, 2)
	l.change(t, func(tx store.Tx) error {
		return tx.Put(store.Key{Collection: transparency.Collection, ID: "state"}, early)
	})
	if r := l.verify(t); r.Whole() || r.Damages[0].Kind != verify.Cut {
		t.Errorf("found %+v, want the tail that was cut", r.Damages)
	}
}

// TestS19ASignedRootThatIsNotTheTrees: who has the key signs what the leaves
// and tiles do not say.
func TestS19ASignedRootThatIsNotTheTrees(t *testing.T) {
	t.Parallel()
	l, other := newLogged(t), newLogged(t)
	other.log.Signer, other.log.Key = l.log.Signer, l.log.Key
	l.grow(t, 3)
	other.grow(t, 3)
	s, err := transparency.Read(t.Context(), other.store)
	if err != nil {
		t.Fatal(err)
	}
	l.change(t, func(tx store.Tx) error {
		return tx.Put(store.Key{Collection: transparency.Collection, ID: "state"}, s)
	})
	if r := l.verify(t); len(r.Damages) != 1 || r.Damages[0].Kind != verify.Forked {
		t.Errorf("found %+v, want a fork", r.Damages)
	}
}

// A verification that is stopped says how far it came, and remembers nothing;
// its readers are gone when it returns.
func TestStopped(t *testing.T) {
	t.Parallel()
	l := newLogged(t)
	for range 5 {
		l.grow(t, 1000)
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := &slow{Store: l.store}
	r, err := verify.Log(ctx, verify.Direct{Store: slow, Blobs: l.blobs}, verify.Options{Now: start, Progress: func(done, _ int64) {
		if done > 0 {
			cancel()
		}
	}})
	slow.returned.Store(true)
	if !errors.Is(err, context.Canceled) || r.Verified != 4097 || r.Remembered != (verify.Seen{}) {
		t.Errorf("%+v, %v", r, err)
	}
	if slow.under.Wait(); slow.late.Load() {
		t.Error("a reader was still at the store, which may be closed by then")
	}
}

// slow takes its time to notice that the context has ended.
type slow struct {
	store.Store
	under          sync.WaitGroup
	returned, late atomic.Bool
}

func (s *slow) Query(ctx context.Context, q store.Query) (store.Page, error) {
	s.under.Add(1)
	defer s.under.Done()
	if q.Where[0].Value == int64(4999) { // the last span
		<-ctx.Done()
		for range 10_000 {
			runtime.Gosched()
		}
	}
	if s.returned.Load() {
		s.late.Store(true)
	}
	return s.Store.Query(ctx, q)
}

// A record that is spelled in another way than when it was sealed, and says the
// same, is whole.
func TestSpelling(t *testing.T) {
	t.Parallel()
	l := newLogged(t)
	l.grow(t, 3)
	r := l.records(t)[1]
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{
		strings.Replace(string(text), `:00Z"`, `:00.000Z"`, 1), strings.Replace(string(text), `"key:ann"`, `"key:\u0061nn"`, 1),
		strings.Replace(string(text), `"verb":"thing.done"`, `"verb":"thing\u002edone"`, 1),
	} {
		if other == string(text) {
			t.Fatalf("%s is spelled as before", other)
		}
		l.change(t, func(tx store.Tx) error {
			return tx.Put(store.Key{Collection: audit.Collection, ID: r.ID}, json.RawMessage(other))
		})
		if got := l.verify(t); !got.Whole() {
			t.Errorf("%s: %+v", other, got.Damages)
		}
	}
}

func TestErasedAndUnsealed(t *testing.T) {
	t.Parallel()
	l := newLogged(t)
	l.grow(t, 5)
	r, err := l.records(t)[2].Erase(start)
	if err != nil {
		t.Fatal(err)
	}
	l.put(t, r)
	l.change(t, func(tx store.Tx) error { return audit.Write(tx, audit.Record{At: start, Verb: "v", Subject: "s/1"}) })
	got := l.verify(t)
	if !got.Whole() || got.Erased != 1 || got.Unsealed != 1 {
		t.Errorf("%+v", got)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	l := newLogged(t)
	l.grow(t, 300)
	src := verify.Direct{Store: l.store, Blobs: l.blobs}
	for _, i := range []int{0, 1, 255, 256, 299} {
		r := l.records(t)[i]
		proof, err := verify.Prove(t.Context(), src, r)
		if err != nil {
			t.Fatal(err)
		}
		leaf, c, err := verify.CheckProof(proof, l.log.Key)
		if err != nil || leaf.ID != r.ID || c.Size != 300 {
			t.Fatalf("%+v, %+v, %v", leaf, c, err)
		}
		for at := range proof {
			bad := bytes.Clone(proof)
			bad[at] ^= 1
			if other, _, err := verify.CheckProof(bad, l.log.Key); err == nil && other != leaf {
				t.Fatalf("byte %d flipped shows %+v", at, other)
			}
		}
		r.Verb = "thing.undone"
		if _, err := verify.Prove(t.Context(), src, r); err == nil {
			t.Error("a changed record was proved")
		}
	}
}

func FuzzCheckProof(f *testing.F) {
	private, err := transparency.NewKey("x")
	if err != nil {
		f.Fatal(err)
	}
	_, key, err := transparency.ParseKey(string(private))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra e30=\nindex 0\n\nx\n1\nAAAA\n\n— x y\n"))
	f.Fuzz(func(t *testing.T, proof []byte) {
		if leaf, _, err := verify.CheckProof(proof, key); err == nil {
			t.Errorf("a forged proof passed: %+v", leaf)
		}
	})
}
