package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// forgetEvery is how many named tasks end between two looks for names to forget.
const forgetEvery = 1000

// book implements dispatch.Book.
type book Queue

// Load implements dispatch.Book.
func (b *book) Load(id uint64) (task.Task, error) {
	value, closer, err := b.db.Get(taskKey(id))
	if err != nil {
		return task.Task{}, err
	}
	defer closer.Close()
	return decode(value)
}

// Done implements dispatch.Book. It is not synced: a crash that takes it back
// runs the task once more, which a hint to look may.
func (b *book) Done(id uint64, t task.Task) error {
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := batch.Delete(taskKey(id), nil); err != nil {
		return err
	}
	if t.Name == "" {
		return batch.Commit(pebble.NoSync)
	}
	now := b.deps.Clock.Now()
	until := now.Add(task.NameKept)
	if err := batch.Set(nameKey(t), binary.BigEndian.AppendUint64(nil, uint64(until.UnixNano())), nil); err != nil {
		return err
	}
	if err := batch.Set(expiryKey(until, id), nameKey(t), nil); err != nil {
		return err
	}
	if err := batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	return b.forget.names(b, now)
}

// Retry implements dispatch.Book. It is synced, so that attempts are not lost.
func (b *book) Retry(id uint64, t task.Task) error {
	value, err := encode(t)
	if err != nil {
		return err
	}
	return database.CommitError(b.db.Set(taskKey(id), value, pebble.Sync))
}

// forgetter deletes names that may be used again.
type forgetter struct {
	mu    sync.Mutex
	ended int
}

func (f *forgetter) names(b *book, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended++; f.ended < forgetEvery {
		return nil
	}
	f.ended = 0
	first, end := []byte{database.PrefixTask, kindExpiry}, expiryKey(now, 0)
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		if err := b.forgetName(batch, it.Value(), now); err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil || batch.Empty() {
		return err
	}
	if err := batch.DeleteRange(first, end, nil); err != nil {
		return err
	}
	return batch.Commit(pebble.NoSync)
}

// forgetName deletes the name unless a new task has taken it meanwhile. The
// name's lock is not needed: a name that is free now is claimed with a new
// value only by Enqueue, and losing that race costs a duplicate hint.
func (b *book) forgetName(batch *pebble.Batch, key []byte, now time.Time) error {
	value, closer, err := b.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the name of a task: %w", err)
	}
	defer closer.Close()
	if until := binary.BigEndian.Uint64(value); until == 0 || now.Before(time.Unix(0, int64(until))) {
		return nil
	}
	return batch.Delete(key, nil)
}
