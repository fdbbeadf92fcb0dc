// Package lastgood keeps in force what files that people edit (.infinity) said
// when they were last right. The files are read again when they change; while
// they are wrong or cannot be read, what they said before stays in force for 15
// minutes, and then there is nothing. What nothing means is the reader's
// concern: it must permit less, never more. What was last right is known to the
// process that read it: one that starts while the files are wrong has nothing.
package lastgood

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
)

const (
	checkEvery = time.Second // at most one look at the files in this time
	// For is how long what was last right stays in force.
	For = 15 * time.Minute
)

// Source says which files are read, and how.
type Source[T any] struct {
	Name  string   // what the files say, for the log: "policies"
	Files fs.FS    // .infinity's root
	Globs []string // of the files to watch, as fs.Glob takes them
	// Read reads the files. document.Findings tell of files that are wrong and
	// stay so until they change; after any other error it is called again.
	Read func(fs.FS) (T, error)
	// Changed, if there is one, is told of each good value; for the log.
	Changed func(T)
}

// Folder is what the files of a Source say. It is safe for concurrent use.
type Folder[T any] struct {
	source Source[T]
	clock  clock.Clock
	log    *slog.Logger

	mu      sync.Mutex
	value   T
	good    bool // value is in force
	stamp   string
	sure    bool // stamp tells of files that were read, be they right or wrong
	checked time.Time
	broken  time.Time // since when; zero while good
	err     error
}

// New returns what s says. It is read when it is first asked for: a process of
// several functions starts without reading the same files for each.
func New[T any](s Source[T], c clock.Clock, log *slog.Logger) *Folder[T] {
	return &Folder[T]{source: s, clock: c, log: log}
}

// Current returns what is in force; ok is false if there is nothing.
func (f *Folder[T]) Current() (value T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	return f.value, f.good
}

// Name returns what the files say, for people.
func (f *Folder[T]) Name() string { return f.source.Name }

// Status says whether the files are right now: err is why not, and until is
// when what they said before ceases (or ceased) to be in force, zero if there
// is nothing that could.
func (f *Folder[T]) Status() (until time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	if f.err != nil && f.good {
		until = f.broken.Add(For)
	}
	return until, f.err
}

func (f *Folder[T]) look() {
	now := f.clock.Now()
	if since := now.Sub(f.checked); since >= checkEvery || since < 0 { // the clock may be stepped back
		f.checked = now
		f.refresh(now)
	}
	if !f.broken.IsZero() && now.Sub(f.broken) >= For {
		var none T
		f.value, f.good = none, false
	}
}

func (f *Folder[T]) refresh(now time.Time) {
	stamp, err := f.stampOf()
	if err == nil && f.sure && stamp == f.stamp {
		return
	}
	var value T
	if err == nil {
		value, err = f.source.Read(f.source.Files)
	}
	// What could not be read, other than what reads as wrong, is tried again.
	_, wrong := errors.AsType[document.Findings](err)
	again := f.err != nil && err != nil && f.err.Error() == err.Error()
	f.stamp, f.sure, f.err = stamp, err == nil || wrong, err
	if err != nil {
		if f.broken.IsZero() {
			f.broken = now
		}
		if !again {
			f.log.Error("configuration cannot be read; `infinity policy validate` says why", slog.String("of", f.source.Name), slog.Any("error", err))
		}
		return
	}
	f.value, f.good, f.broken = value, true, time.Time{}
	if f.source.Changed != nil {
		f.source.Changed(value)
	}
}

// stampOf changes when one of the files does.
func (f *Folder[T]) stampOf() (string, error) {
	var stamp string
	for _, glob := range f.source.Globs {
		names, err := fs.Glob(f.source.Files, glob)
		if err != nil {
			return "", fmt.Errorf("look for %s: %w", f.source.Name, err)
		}
		for _, name := range names {
			info, err := fs.Stat(f.source.Files, name)
			if err != nil {
				return "", fmt.Errorf("look at %s: %w", name, err)
			}
			stamp += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return stamp, nil
}
