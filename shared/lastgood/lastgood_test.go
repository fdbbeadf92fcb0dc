package lastgood_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// rig is a folder of one file, whose text is its value: "bad" is wrong, "io"
// cannot be read.
type rig struct {
	*lastgood.Folder[string]
	files fstest.MapFS
	clock *clock.Virtual
	reads atomic.Int64
	log   bytes.Buffer
	told  []string

	unasked int64 // reads before it was asked for anything
}

func newRig(text string) *rig {
	r := &rig{files: fstest.MapFS{}, clock: clock.NewVirtual(start)}
	r.write(text, 0)
	r.Folder = lastgood.New(lastgood.Source[string]{
		Name: "things", Files: r.files, Globs: []string{"a.yaml", "more/*.yaml"},
		Read: r.read, Changed: func(s string) { r.told = append(r.told, s) },
	}, r.clock, slog.New(slog.NewTextHandler(&r.log, nil)))
	r.unasked = r.reads.Load()
	r.Current()
	return r
}

// TestReadsWhenAsked is what a start of several functions rests on.
func TestReadsWhenAsked(t *testing.T) {
	t.Parallel()
	if r := newRig("a"); r.unasked != 0 || r.reads.Load() != 1 {
		t.Errorf("read %d times by New and %d in all, want 0 and 1", r.unasked, r.reads.Load())
	}
}

func (r *rig) write(text string, age time.Duration) {
	r.files["a.yaml"] = &fstest.MapFile{Data: []byte(text), ModTime: start.Add(age)}
}

func (r *rig) read(fsys fs.FS) (string, error) {
	r.reads.Add(1)
	raw, err := fs.ReadFile(fsys, "a.yaml")
	switch text := string(raw); {
	case err != nil:
		return "", err
	case strings.HasPrefix(text, "bad"):
		return "half", document.Findings{{File: "a.yaml", Line: 1, Column: 1, Message: text}}
	case text == "io":
		return "half", errors.New("input/output error")
	default:
		return text, nil
	}
}

func (r *rig) want(t *testing.T, when, want string, broken bool) {
	t.Helper()
	got, ok := r.Current()
	if !ok {
		got = "nothing, " + got
	}
	if _, err := r.Status(); got != want || (err != nil) != broken {
		t.Errorf("%s: %q in force, %v; want %q", when, got, err, want)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	r := newRig("one")
	r.want(t, "at first", "one", false)
	r.write("two", 1)
	r.want(t, "within the second", "one", false)
	r.clock.Advance(time.Second)
	r.want(t, "after it", "two", false)
	r.write("bad", 2)
	r.clock.Advance(time.Second)
	r.want(t, "broken", "two", true)
	if until, _ := r.Status(); !until.Equal(r.clock.Now().Add(lastgood.For)) {
		t.Errorf("in force until %s at %s", until, r.clock.Now())
	}
	r.clock.Advance(14 * time.Minute)
	r.write("bad still", 3)
	r.want(t, "broken otherwise", "two", true)
	r.clock.Advance(time.Minute - time.Microsecond)
	r.want(t, "just before 15 minutes", "two", true)
	r.clock.Advance(time.Microsecond)
	r.want(t, "after 15 minutes", "nothing, ", true)
	if until, _ := r.Status(); !until.IsZero() {
		t.Errorf("nothing is in force until %s", until)
	}
	r.write("three", 4)
	r.clock.Advance(time.Second)
	r.want(t, "mended", "three", false)
	r.write("four", 5)
	r.clock.Advance(-10 * time.Minute)
	r.want(t, "the clock was stepped back", "four", false)
	if got := strings.Join(r.told, " "); got != "one two three four" {
		t.Errorf("told of %s", got)
	}
}

func TestNeverGood(t *testing.T) {
	t.Parallel()
	r := newRig("bad")
	r.want(t, "never good", "nothing, ", true)
	r.clock.Advance(time.Hour)
	r.want(t, "still", "nothing, ", true)
}

// What reads as wrong is read once; what could not be read is tried again, and
// said once.
func TestReadsAgain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"good": 1, "bad": 1, "io": 4} {
		r := newRig(text)
		for range 3 {
			r.clock.Advance(time.Second)
			r.Current()
		}
		if got := r.reads.Load(); got != want {
			t.Errorf("%s: read %d times, want %d", text, got, want)
		}
		if got := strings.Count(r.log.String(), "of=things"); text != "good" && got != 1 {
			t.Errorf("%s: said %d times:\n%s", text, got, r.log.String())
		}
	}
}

func TestWatchesAllGlobs(t *testing.T) {
	t.Parallel()
	r := newRig("one")
	r.files["more/b.yaml"] = &fstest.MapFile{}
	r.clock.Advance(time.Second)
	r.Current()
	r.files["other/c.yaml"] = &fstest.MapFile{}
	r.clock.Advance(time.Second)
	r.Current()
	if got := r.reads.Load(); got != 2 {
		t.Errorf("read %d times, want 2", got)
	}
}

func TestConcurrentReaders(t *testing.T) {
	t.Parallel()
	r := newRig("one")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				r.clock.Advance(100 * time.Millisecond)
				if got, ok := r.Current(); got != "one" || !ok {
					t.Errorf("got %q, %t", got, ok)
				}
			}
		})
	}
	wg.Wait()
}
