package embedded

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

func FuzzReadMessage(f *testing.F) {
	at := time.Unix(1_800_000_000, 123).UTC()
	f.Add(appendMessage(nil, bus.Message{Data: []byte("x"), PublishedAt: at}))
	f.Add(appendMessage(nil, bus.Message{Attributes: map[string]string{"a": "1", "": ""}, OrderingKey: "k", PublishedAt: at}))
	f.Add([]byte{codecVersion, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, stored []byte) {
		m, err := readMessage(stored)
		if err != nil {
			return
		}
		again, err := readMessage(appendMessage(nil, m))
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("round trip (-first +second):\n%s", diff)
		}
	})
}

// The window against a plain set, over pages, with reloads from what is stored.
func TestWindow(t *testing.T) {
	t.Parallel()
	w, plain := newWindow(500), map[uint64]bool{}
	stored := map[uint64][]byte{}
	for i := range uint64(3000) {
		seq := 501 + (i*1307)%3000 // every number once, in no order
		w.add(seq)
		plain[seq] = true
		for _, n := range w.advance() {
			delete(stored, n)
		}
		for n := range w.dirty {
			stored[n] = w.pages[n].encode()
		}
		clear(w.dirty)
		if i%500 == 0 {
			old := w
			w = newWindow(old.floor)
			for n, p := range stored {
				if !w.load(n, p) {
					t.Fatalf("page %d cannot be read", n)
				}
			}
			if w.above != old.above {
				t.Fatalf("%d bits above the floor after loading, want %d", w.above, old.above)
			}
		}
		if i%97 == 0 {
			for s := uint64(501); s <= 3500; s++ {
				if w.has(s) != plain[s] {
					t.Fatalf("after %d: %d acknowledged %t, want %t", i, s, w.has(s), plain[s])
				}
			}
		}
	}
	if w.floor != 3500 || w.above != 0 || len(w.pages) > 1 {
		t.Errorf("floor %d, %d above, %d pages at the end", w.floor, w.above, len(w.pages))
	}
}
