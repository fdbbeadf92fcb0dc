// Package embedded is the database of one machine: pebble in one folder, held
// by one process. The embedded drivers of store, bus and task each keep their
// keys in it under a prefix of their own. It is no store: it knows no
// documents, only keys and durable batches.
package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// FormatVersion is the layout of the keys that this program writes. A folder
// of a newer version is refused, never rewritten.
const FormatVersion = 1

// The first byte of every key says whose it is.
const (
	PrefixMeta  byte = 'm'
	PrefixStore byte = 's'
	PrefixBus   byte = 'b'
	PrefixTask  byte = 't'
)

var formatKey = []byte{PrefixMeta, 'f'}

// Options tune Open. The zero value is right for a data folder on disk.
type Options struct {
	FS  vfs.FS       // nil means the machine's file system
	Log *slog.Logger // nil means no log
}

// DB is an open database.
type DB struct {
	*pebble.DB
	dir    string
	space  space
	failed atomic.Pointer[error] // the disk failed beneath a commit
}

// Open opens or creates the database in dir. Only one process may have it.
func Open(dir string, o Options) (_ *DB, err error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := o.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot create the data folder %s; choose another with --data", dir)
	}
	db := &DB{dir: dir, space: space{fs: o.FS, dir: dir}}
	defer func() {
		if p := recover(); p != nil {
			err = openError(dir, cause(p))
		}
	}()
	if db.DB, err = pebble.Open(dir, options(o, db.fail)); err != nil {
		return nil, openError(dir, err)
	}
	if err := db.checkFormat(); err != nil {
		return nil, errors.Join(err, db.DB.Close())
	}
	db.space.look()
	return db, nil
}

// Dir returns the folder that holds the database.
func (db *DB) Dir() string { return db.dir }

// Close closes the database. One whose disk has failed is left as it is: what
// was acknowledged is in its log, and the next Open reads it.
func (db *DB) Close() error {
	if db.failed.Load() != nil {
		return nil
	}
	return db.DB.Close()
}

func (db *DB) checkFormat() error {
	value, closer, err := db.Get(formatKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return db.Set(formatKey, []byte(strconv.Itoa(FormatVersion)), pebble.Sync)
	}
	if err != nil {
		return fmt.Errorf("read the format of %s: %w", db.dir, err)
	}
	defer closer.Close()
	version, err := strconv.Atoi(string(value))
	if err != nil {
		return fmt.Errorf("read the format of %s: %w", db.dir, err)
	}
	if version > FormatVersion {
		return fault.New(fault.Conflict, "the data folder %s was written by a newer version (format %d, this program knows %d); update this program or choose another folder with --data", db.dir, version, FormatVersion)
	}
	return nil
}

func openError(dir string, err error) error {
	abs, absErr := filepath.Abs(dir)
	if absErr != nil {
		abs = dir
	}
	switch {
	case errors.Is(err, syscall.EAGAIN), strings.Contains(err.Error(), "lock held by current process"):
		return fault.Wrap(fault.Conflict, err, "the data folder %s is in use by another process; stop it or choose another folder with --data", abs)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.Wrap(fault.Forbidden, err, "the data folder %s is not writable; change its owner or choose another folder with --data", abs)
	case errors.Is(err, syscall.ENOSPC):
		return fault.Wrap(fault.Unavailable, err, "the disk of %s is full; free some space and start again", abs)
	case strings.Contains(err.Error(), "format major version"): // of the library's files, which has no error value
		return fault.Wrap(fault.Conflict, err, "the data folder %s was written by a newer version; update this program or choose another folder with --data", abs)
	default: // what is wrong with its own files the owner of a folder may and must know
		return fault.Wrap(fault.Unavailable, err, "cannot open the data folder %s: %s; restore it from a backup or choose another folder with --data", abs, err)
	}
}
