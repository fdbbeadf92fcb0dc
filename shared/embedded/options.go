package embedded

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// options keep an idle process small (a 16 MiB cache; a memtable grows only as it fills) while
// bursts are absorbed by the write-ahead log: what is acknowledged and trimmed
// before a memtable is full is never written a second time.
func options(o Options) *pebble.Options {
	opts := &pebble.Options{
		FS:                          o.FS,
		CacheSize:                   16 << 20,
		MemTableSize:                64 << 20,
		MemTableStopWritesThreshold: 4,
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      logger{o.Log},
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return opts
}

// logger passes pebble's log on; its Infof is far too chatty for Info.
type logger struct{ log *slog.Logger }

func (l logger) Infof(format string, args ...any) {
	l.log.Debug("pebble", slog.String("message", fmt.Sprintf(format, args...)))
}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("pebble", slog.String("message", fmt.Sprintf(format, args...)))
}

// Fatalf is called when the disk fails beneath a commit. It must not return:
// the commit that it happened to turns the panic into an error.
func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	for _, a := range args {
		if e, ok := a.(error); ok {
			err = e
		}
	}
	panic(fatal{err})
}
