// Package blobtest is the conformance suite of blob.Store: each driver's tests
// run it.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// Run runs the suite; open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, blob.Store){
		"put and get":      testPutGet,
		"never changes":    testNeverChanges,
		"all or nothing":   testAllOrNothing,
		"one writer wins":  testOneWriterWins,
		"delete":           testDelete,
		"not found":        testNotFound,
		"keys are checked": testKeys,
		"list in pages":    testList,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func put(t *testing.T, s blob.Store, key, data string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func testPutGet(t *testing.T, s blob.Store) {
	t.Helper()
	for i, data := range []string{"", "x", strings.Repeat("GitHub ", 1_000_000)} {
		key := fmt.Sprintf("events/2026-03/%d", i)
		put(t, s, key, data)
		if got := get(t, s, key); !bytes.Equal(got, []byte(data)) {
			t.Errorf("%s: got %d bytes, want %d", key, len(got), len(data))
		}
		info, err := s.Stat(t.Context(), key)
		if err != nil || info.Key != key || info.Size != int64(len(data)) || info.CreatedAt.IsZero() {
			t.Errorf("Stat(%s) = %+v, %v", key, info, err)
		}
	}
}

func testNeverChanges(t *testing.T, s blob.Store) {
	t.Helper()
	put(t, s, "a", "first")
	if err := s.Put(t.Context(), "a", strings.NewReader("second")); !errors.Is(err, blob.ErrExists) {
		t.Errorf("Put again: %v, want ErrExists", err)
	}
	if got := get(t, s, "a"); string(got) != "first" {
		t.Errorf("got %q", got)
	}
}

func testAllOrNothing(t *testing.T, s blob.Store) {
	t.Helper()
	broken := errors.New("connection lost")
	err := s.Put(t.Context(), "a/b", io.MultiReader(strings.NewReader("half"), errorReader{broken}))
	if !errors.Is(err, broken) {
		t.Errorf("Put = %v, want the reader's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "a/b", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put = %v, want canceled", err)
	}
	infos, _, err := s.List(t.Context(), "", "", 0)
	if err != nil || len(infos) != 0 {
		t.Errorf("List = %v, %v, want nothing", infos, err)
	}
	put(t, s, "a/b", "whole")
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func testOneWriterWins(t *testing.T, s blob.Store) {
	t.Helper()
	var wins atomic.Int32
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			switch err := s.Put(t.Context(), "same", strings.NewReader(strings.Repeat(fmt.Sprint(i), 9999))); {
			case err == nil:
				wins.Add(1)
			case !errors.Is(err, blob.ErrExists):
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := get(t, s, "same")
	if wins.Load() != 1 || len(got) != 9999 || bytes.Count(got, got[:1]) != 9999 {
		t.Errorf("%d writers won", wins.Load())
	}
}

func testDelete(t *testing.T, s blob.Store) {
	t.Helper()
	put(t, s, "a/b", "x")
	for range 2 {
		if err := s.Delete(t.Context(), "a/b"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Stat(t.Context(), "a/b"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Stat = %v, want ErrNotFound", err)
	}
	put(t, s, "a/b", "again")
}

func testNotFound(t *testing.T, s blob.Store) {
	t.Helper()
	put(t, s, "a/b", "x")
	for _, key := range []string{"c", "a", "a/b/c", "a/b.zst"} {
		if _, err := s.Get(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Get(%s) = %v, want ErrNotFound", key, err)
		}
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Stat(%s) = %v, want ErrNotFound", key, err)
		}
	}
}

func testKeys(t *testing.T, s blob.Store) {
	t.Helper()
	for _, key := range []string{"", "/a", "a/", "a//b", ".", "..", "../a", "a/../../b", "a\x00b", "a b", "é", "a\\b", "+staging/1", strings.Repeat("x", 513)} {
		if err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, blob.ErrKey) {
			t.Errorf("Put(%q) = %v, want ErrKey", key, err)
		}
		if _, err := s.Get(t.Context(), key); !errors.Is(err, blob.ErrKey) {
			t.Errorf("Get(%q) = %v, want ErrKey", key, err)
		}
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrKey) {
			t.Errorf("Stat(%q) = %v, want ErrKey", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, blob.ErrKey) {
			t.Errorf("Delete(%q) = %v, want ErrKey", key, err)
		}
	}
}

func testList(t *testing.T, s blob.Store) {
	t.Helper()
	// In key order; "a.b" sorts between "a-b" and what is in the folder "a".
	keys := []string{"a", "a-b", "a.b", "a/1", "a/2/x", "a/2/y", "a/3", "ab", "b"}
	for i := range keys {
		put(t, s, keys[len(keys)-1-i], "12345")
	}
	for prefix, want := range map[string][]string{"": keys, "a/": keys[3:7], "a/2": keys[4:6], "ab": {"ab"}, "z": nil} {
		var got []string
		for cursor, more := "", true; more; more = cursor != "" {
			infos, next, err := s.List(t.Context(), prefix, cursor, 2)
			if err != nil || len(infos) > 2 {
				t.Fatalf("List = %v, %v", infos, err)
			}
			for _, info := range infos {
				if got = append(got, info.Key); info.Size != 5 {
					t.Errorf("%s has size %d", info.Key, info.Size)
				}
			}
			cursor = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("prefix %q: %s", prefix, diff)
		}
	}
}
