package embedded

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// largeValue is from how many bytes a value is kept apart from its key.
const largeValue = 1 << 10

// options keep an idle process and its folder small: a cache that fills up to 64
// MiB (verifying the audit log costs twice the CPU with 16), memtables that grow
// only as they fill, and at most three logs of 13 MiB to recycle. A memtable holds some thousand events, since what is acknowledged and trimmed
// before it is full is never written a second time.
func options(o Options, fail func(error) error) *pebble.Options {
	opts := &pebble.Options{
		FS:                          o.FS,
		CacheSize:                   64 << 20,
		MemTableSize:                12 << 20,
		MemTableStopWritesThreshold: 2,
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      logger{log: o.Log, fail: fail},
	}
	opts.Experimental.ValueSeparationPolicy = separate
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return opts
}

// separate has event bodies and large documents written to files of their own
// once, instead of again with every compaction of their keys (ADR 0017). A file
// whose values are deleted to a third is rewritten.
func separate() pebble.ValueSeparationPolicy {
	return pebble.ValueSeparationPolicy{
		Enabled: true, MinimumSize: largeValue, MaxBlobReferenceDepth: 10,
		RewriteMinimumAge: time.Minute, TargetGarbageRatio: 0.3,
	}
}

// logger passes pebble's log on; its Infof is far too chatty for Info.
type logger struct {
	log  *slog.Logger
	fail func(error) error
}

func (l logger) Infof(format string, args ...any) {
	l.log.Debug("pebble", slog.String("message", fmt.Sprintf(format, args...)))
}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("pebble", slog.String("message", fmt.Sprintf(format, args...)))
}

// Fatalf is called when the disk fails beneath pebble. It must not return. In
// a call of this package it panics, which the call turns into an error; in a
// goroutine of pebble's own, where a panic would end the process, it ends the
// goroutine, and the database takes no more commits.
func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	for _, a := range args {
		if e, ok := a.(error); ok {
			err = e
		}
	}
	if called() {
		panic(fatal{err})
	}
	_ = l.fail(err) // kept for the commits to come
	l.Errorf("the disk failed: %v", err)
	runtime.Goexit()
}

// called reports whether a function of this package other than the logger is
// on the stack.
func called() bool {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		for _, name := range []string{"/shared/embedded.Open", "/shared/embedded.(*DB)."} {
			if strings.Contains(frame.Function, name) {
				return true
			}
		}
		if !more {
			return false
		}
	}
}
