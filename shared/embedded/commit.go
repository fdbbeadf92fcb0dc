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
// A disk that is nearly full refuses commits with fault.Unavailable until
// there is space again. Once the disk has failed beneath a commit, pebble
// cannot take another: this and every later one is refused until the database
// is opened again. What was acknowledged before is safe in both cases.
func (db *DB) Commit(batch *pebble.Batch) error {
	wait, err := db.Apply(batch)
	if err != nil {
		return err
	}
	return wait()
}

// Apply makes batch visible; wait returns when it is on disk.
func (db *DB) Apply(batch *pebble.Batch) (wait func() error, err error) {
	if err := errors.Join(db.Failed(), db.space.check(batch.Len())); err != nil {
		return nil, err
	}
	if batch.Empty() {
		return func() error { return nil }, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = db.fail(cause(p))
		}
	}()
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

// Failed returns why the database takes no more commits; nil if it does. A
// database that failed must not be asked for a snapshot: pebble may have
// stopped with its lock held.
func (db *DB) Failed() error {
	if failed := db.failed.Load(); failed != nil {
		return *failed
	}
	return nil
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
