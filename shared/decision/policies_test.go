package decision_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

func folder(t *testing.T, fsys fs.FS) (*decision.Folder, *clock.Virtual) {
	t.Helper()
	actions, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(start)
	return decision.NewFolder(fsys, actions, c, slog.New(slog.DiscardHandler)), c
}

func write(fsys fstest.MapFS, text string, at time.Time) {
	fsys["policies/test.yaml"] = &fstest.MapFile{Data: []byte("policies:\n" + text), ModTime: at}
}

func names(f *decision.Folder) string {
	set := f.Current()
	if set == nil {
		return "none"
	}
	var list []string
	for _, p := range set.Policies() {
		list = append(list, p.Name)
	}
	return strings.Join(list, ",")
}

func TestFolderFollowsItsFiles(t *testing.T) {
	t.Parallel()
	fsys := files(one("a", "fake.final", "L5", ""))
	f, c := folder(t, fsys)
	want := func(when, want string, broken bool) {
		t.Helper()
		if got := names(f); got != want || (f.Err() != nil) != broken {
			t.Errorf("%s: %s in force, error %v; want %s", when, got, f.Err(), want)
		}
	}
	want("at first", "a", false)
	write(fsys, one("b", "fake.final", "L5", ""), start.Add(1))
	want("within the second", "a", false)
	c.Advance(time.Second)
	want("after it", "b", false)
	write(fsys, "  - {name: broken}\n", start.Add(2))
	c.Advance(time.Second)
	want("broken", "b", true)
	c.Advance(14 * time.Minute)
	write(fsys, "  - {name: broken again}\n", start.Add(3))
	want("still broken", "b", true)
	c.Advance(time.Minute - time.Microsecond)
	want("just before 15 minutes", "b", true)
	c.Advance(time.Microsecond)
	want("after 15 minutes", "none", true)
	write(fsys, one("c", "fake.final", "L5", ""), start.Add(4))
	c.Advance(time.Second)
	want("mended", "c", false)
	write(fsys, one("d", "fake.final", "L5", ""), start.Add(5))
	c.Advance(-10 * time.Minute)
	want("the clock was stepped back", "d", false)
	delete(fsys, "policies/test.yaml")
	c.Advance(time.Second)
	want("emptied", "", false)
}

func TestFolderWithoutPolicies(t *testing.T) {
	t.Parallel()
	f, _ := folder(t, fstest.MapFS{})
	if got := names(f); got != "" || f.Err() != nil {
		t.Errorf("an empty folder: %s, %v; want a set of none", got, f.Err())
	}
	f, _ = folder(t, files("  - {name: broken}\n"))
	if got := names(f); got != "none" || f.Err() == nil {
		t.Errorf("never good: %s, %v; want none", got, f.Err())
	}
}

// flaky refuses to open files while down.
type flaky struct {
	fstest.MapFS
	down atomic.Bool
}

func (f *flaky) Open(name string) (fs.File, error) {
	if f.down.Load() && strings.HasSuffix(name, ".yaml") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("input/output error")}
	}
	return f.MapFS.Open(name)
}

// A file that could not be read for a while is read once it can be, though
// nothing about it has changed.
func TestFolderReadsAgainWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	fsys := &flaky{MapFS: files(one("a", "fake.final", "L5", ""))}
	fsys.down.Store(true)
	f, c := folder(t, fsys)
	if got := names(f); got != "none" || f.Err() == nil {
		t.Fatalf("an unreadable file: %s, %v", got, f.Err())
	}
	fsys.down.Store(false)
	c.Advance(time.Second)
	if got := names(f); got != "a" || f.Err() != nil {
		t.Errorf("readable again: %s, %v; want a", got, f.Err())
	}
}

func TestPolicyGate(t *testing.T) {
	t.Parallel()
	decided := load(t, files(one("p", "fake.final", "L4", "")))
	x := execution.Execution{Policy: "p", Action: "fake.final", Level: "L4", Digest: decided.Digest(), Capability: "error-recovery", Repository: "octo/hello", Trust: "none"}
	for name, c := range map[string]struct {
		policies string
		want     string
	}{
		"unchanged":       {one("p", "fake.final", "L4", ""), ""},
		"another changed": {one("p", "fake.final", "L4", "") + one("q", "fake.final", "L1", ""), ""},
		"granted more":    {one("p", "fake.final", "L5", ""), ""},
		"granted less":    {one("p", "fake.final", "L3", ""), "it was decided at L4, and now policy p is at L3"},
		"gone":            {one("q", "fake.final", "L4", ""), "policy p is gone"},
		"does else":       {one("p", "fake.undoable", "L4", ""), "policy p now does fake.undoable"},
		"none":            {"", "no policies are in force"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := fixed{}
			if c.policies != "" {
				now.set = load(t, files(c.policies))
			}
			got, err := decision.PolicyGate(now, autonomytest.Everything())(t.Context(), nil, x, start)
			if err != nil || got != c.want {
				t.Errorf("refused by %q, %v; want %q", got, err, c.want)
			}
		})
	}
}
