package folder_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/blobtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/folder"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func open(t *testing.T, dir string) *folder.Store {
	t.Helper()
	s, err := folder.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		t.Helper()
		return open(t, t.TempDir())
	})
}

func TestSurvivesReopenAndClearsStaging(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	s := open(t, dir)
	body := strings.Repeat(`{"some":"payload"}`, 10_000)
	if err := s.Put(t.Context(), "a/b", strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "+staging", "99")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	r, err := again.Get(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != body {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("what a crash left is still there: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "a", "b.zst")); err != nil || info.Size() > int64(len(body))/10 {
		t.Errorf("the file is not compressed: %v, %v", info, err)
	}
}

func TestSymbolicLinkDoesNotLeaveTheFolder(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "x.zst"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if err := os.Symlink(outside, filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "a/x"); err == nil {
		t.Error("Get followed a link out of the folder")
	}
	if err := s.Put(t.Context(), "a/y", strings.NewReader("x")); err == nil {
		t.Error("Put followed a link out of the folder")
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.New(file); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("Open = %v", err)
	}
}

// TestReadersAreApart: a reader that was closed, even twice, shares nothing
// with those that are opened later.
func TestReadersAreApart(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for _, key := range []string{"a", "b"} {
		if err := s.Put(t.Context(), key, strings.NewReader(strings.Repeat(key, 100_000))); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 10)
	if _, err := io.ReadFull(first, part); err != nil {
		t.Fatal(err)
	}
	if first.Close() != nil || first.Close() == nil {
		t.Error("the first close failed, or the second did not")
	}
	var open []io.ReadCloser
	for range 2 {
		r, err := s.Get(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	if n, err := first.Read(part); err == nil {
		t.Errorf("%q was read after the close", part[:n])
	}
	for range 1_000 { // in turns
		for _, r := range open {
			if _, err := io.ReadFull(r, part); err != nil || string(part) != "bbbbbbbbbb" {
				t.Fatalf("%q, %v", part, err)
			}
		}
	}
	for _, r := range open {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Deleting the last blob of a folder takes the folder away, and nobody who puts
// or lists there at the same time notices.
func TestEmptyFoldersGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	var group errgroup.Group
	for n := range 4 {
		group.Go(func() error {
			for i := range 100 {
				key := fmt.Sprintf("events/day/%d/%d", i%2, n)
				if err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
					return err
				}
				if _, _, err := s.List(t.Context(), "events/", "", 0); err != nil {
					return err
				}
				if err := s.Delete(t.Context(), key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "events/kept", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "events", "day")); !os.IsNotExist(err) {
		t.Errorf("the empty folder is still there: %v", err)
	}
}
