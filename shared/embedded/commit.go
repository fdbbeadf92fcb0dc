package embedded

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// fatal is what the logger panics with when pebble cannot go on; commits turn
// it into an error.
type fatal struct{ err error }

// Commit applies batch and returns when it is on disk. Concurrent commits
// share one fsync (group commit).
//
// Once the disk has failed beneath a commit, pebble cannot take another: this
// and every later commit is refused with fault.Unavailable until the database
// is opened again. What was acknowledged before is safe.
func (db *DB) Commit(batch *pebble.Batch) error {
	wait, err := db.Apply(batch)
	if err != nil {
		return err
	}
	return wait()
}

// Apply makes batch visible; wait returns when it is on disk.
func (db *DB) Apply(batch *pebble.Batch) (wait func() error, err error) {
	if failed := db.failed.Load(); failed != nil {
		return nil, *failed
	}
	defer func() {
		if p := recover(); p != nil {
			err = db.fail(cause(p))
		}
	}()
	if batch.Empty() {
		return func() error { return nil }, nil
	}
	if err := db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return nil, CommitError(err)
	}
	return func() error {
		if err := batch.SyncWait(); err != nil {
			return db.fail(err)
		}
		return nil
	}, nil
}

func (db *DB) fail(err error) error {
	err = CommitError(err)
	db.failed.CompareAndSwap(nil, &err)
	return err
}

// cause returns what a panic of a commit was about. What is no error of the
// disk is a defect and goes on as a panic.
func cause(p any) error {
	switch v := p.(type) {
	case fatal:
		return v.err
	case error:
		if errors.Is(v, syscall.ENOSPC) || errors.Is(v, syscall.EIO) {
			return v
		}
	}
	panic(p)
}

// CommitError gives an error of a commit its kind and a sentence that says
// what to do; nil stays nil.
func CommitError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fault.Wrap(fault.Unavailable, err, "the disk of the data folder is full; nothing was accepted; free some space, start again, and send again")
	default:
		return fault.Wrap(fault.Unavailable, fmt.Errorf("commit: %w", err), "the data folder cannot be written; nothing was accepted; see the log for the cause")
	}
}
