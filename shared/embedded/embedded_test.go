package embedded_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

const folderVariable = "EMBEDDED_TEST_FOLDER"

// TestMain lets the test start itself as the other process that wants a folder.
func TestMain(m *testing.M) {
	if dir := os.Getenv(folderVariable); dir != "" {
		_, err := embedded.Open(dir, embedded.Options{})
		fmt.Println(fault.KindOf(err), err)
		return
	}
	os.Exit(m.Run())
}

func open(tb testing.TB, dir string, fs vfs.FS) *embedded.DB {
	tb.Helper()
	db, err := embedded.Open(dir, embedded.Options{FS: fs})
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

func shut(tb testing.TB, db *embedded.DB) {
	tb.Helper()
	if err := db.Close(); err != nil {
		tb.Fatalf("close: %v", err)
	}
}

func commit(db *embedded.DB, keys ...string) error {
	batch := db.NewBatch()
	defer func() { _ = batch.Close() }()
	for _, key := range keys {
		if err := batch.Set([]byte(key), []byte("value of "+key), nil); err != nil {
			return err
		}
	}
	return db.Commit(batch)
}

func has(tb testing.TB, db *embedded.DB, key string) bool {
	tb.Helper()
	value, closer, err := db.Get([]byte(key))
	if err != nil {
		return false
	}
	defer closer.Close()
	return string(value) == "value of "+key
}

// refused checks kind and sentence of an error that people see.
func refused(tb testing.TB, err error, kind fault.Kind, says string) {
	tb.Helper()
	message, _ := fault.Public(err)
	if err == nil || !fault.Is(err, kind) || !strings.Contains(message, says) {
		tb.Errorf("got %v (%s), want %s that says %q", err, fault.KindOf(err), kind, says)
	}
}

func TestCommitSurvivesReopening(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	db := open(t, dir, nil)
	if err := commit(db, "a", "b"); err != nil {
		t.Fatal(err)
	}
	if err := commit(db); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
	shut(t, db)
	db = open(t, dir, nil)
	defer shut(t, db)
	if db.Dir() != dir || !has(t, db, "a") || !has(t, db, "b") {
		t.Error("what was committed is not there")
	}
}

func TestFolderInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, dir, nil)
	_, err := embedded.Open(dir, embedded.Options{})
	refused(t, err, fault.Conflict, "in use by another process")
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), folderVariable+"="+dir)
	out, err := other.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "in use by another process") || !strings.HasPrefix(string(out), string(fault.Conflict)) {
		t.Errorf("the other process said %q, %v", out, err)
	}
	if err := commit(db, "a"); err != nil {
		t.Errorf("the owner cannot commit any more: %v", err)
	}
	shut(t, db)
	shut(t, open(t, dir, nil)) // a closed folder is free
}

func TestNewerFormatIsLeftAlone(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	db := open(t, "db", fs)
	if err := db.Set([]byte{embedded.PrefixMeta, 'f'}, []byte("2"), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	shut(t, db)
	for range 2 { // the refusal changes nothing
		_, err := embedded.Open("db", embedded.Options{FS: fs})
		refused(t, err, fault.Conflict, "newer version (format 2, this program knows 1)")
	}
}

// TestNewerFilesAreLeftAlone is a folder of a newer version of the library.
func TestNewerFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shut(t, open(t, dir, nil))
	markers, err := filepath.Glob(filepath.Join(dir, "marker.format-version.*"))
	if err != nil || len(markers) != 1 {
		t.Fatalf("%v, %v", markers, err)
	}
	if err := os.Rename(markers[0], filepath.Join(dir, "marker.format-version.000099.999")); err != nil {
		t.Fatal(err)
	}
	_, err = embedded.Open(dir, embedded.Options{})
	refused(t, err, fault.Conflict, "newer version")
}

func TestFoldersThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := embedded.Open(file, embedded.Options{})
	refused(t, err, fault.Unavailable, "cannot create the data folder")
	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
		says string
	}{
		"not writable": {syscall.EACCES, fault.Forbidden, "is not writable"},
		"read only":    {syscall.EROFS, fault.Forbidden, "is not writable"},
		"full":         {syscall.ENOSPC, fault.Unavailable, "is full"},
		"broken":       {syscall.EIO, fault.Unavailable, "input/output error; restore it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpFileWrite {
					return c.err
				}
				return nil
			}))
			_, err := embedded.Open("db", embedded.Options{FS: fs})
			refused(t, err, c.kind, c.says)
		})
	}
}
