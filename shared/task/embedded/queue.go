// Package embedded is the task queue of one machine, in the database that the
// store uses too. A task is on disk when Enqueue returns; concurrent ones share
// an fsync. Due times are indexed in memory and read anew at the start; the
// record of a task is rewritten in place, so that no deleted keys pile up
// before the earliest. It serves one process.
package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task/internal/dispatch"
)

// stripes are the locks of names: two tasks of one name meet at one of them,
// others seldom, so that group commit has many to gather.
const stripes = 256

// Options tune New.
type Options struct {
	Clock  clock.Clock    // nil means the machine's
	Log    *slog.Logger   // nil means no log
	Jitter func() float64 // in [0,1); nil means random
}

// Queue implements task.Queue.
type Queue struct {
	db     *database.DB
	deps   dispatch.Deps
	last   atomic.Uint64
	seed   maphash.Seed
	names  [stripes]sync.Mutex
	forget forgetter

	mu     sync.Mutex
	queues map[string]*dispatch.Queue
	closed chan struct{}
	users  sync.WaitGroup // Serves and Enqueues under way
}

var _ task.Queue = (*Queue)(nil)

// New opens the tasks that db holds. The caller closes db after the queue.
func New(db *database.DB, o Options) (*Queue, error) {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	q := &Queue{
		db: db, deps: dispatch.Deps{Clock: o.Clock, Log: o.Log, Jitter: o.Jitter}, seed: maphash.MakeSeed(),
		queues: map[string]*dispatch.Queue{}, closed: make(chan struct{}),
	}
	if err := q.load(); err != nil {
		return nil, fmt.Errorf("open the task queue: %w", err)
	}
	return q, nil
}

func (q *Queue) load() error {
	it, err := q.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{database.PrefixTask, kindTask}, UpperBound: []byte{database.PrefixTask, kindTask + 1},
	})
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		t, err := decode(it.Value())
		if err != nil {
			return err
		}
		id := binary.BigEndian.Uint64(it.Key()[2:])
		q.last.Store(id)
		q.queue(t.Queue).Add(id, t.At)
	}
	return it.Error()
}

func (q *Queue) queue(name string) *dispatch.Queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := q.queues[name]
	if d == nil {
		d = dispatch.New(q.deps, (*book)(q))
		q.queues[name] = d
	}
	return d
}

// enter counts a user, unless the queue is closed.
func (q *Queue) enter() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed() {
		return fault.New(fault.Unavailable, "the task queue is closed; send again")
	}
	q.users.Add(1)
	return nil
}

// Enqueue implements task.Enqueuer.
func (q *Queue) Enqueue(ctx context.Context, t task.Task) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := q.enter(); err != nil {
		return err
	}
	defer q.users.Done()
	if t.At.IsZero() {
		t.At = q.deps.Clock.Now()
	}
	t.Attempt = 0
	id := q.last.Add(1)
	if err := q.store(id, t); err != nil {
		return err
	}
	q.queue(t.Queue).Add(id, t.At)
	return nil
}

func (q *Queue) store(id uint64, t task.Task) error {
	value, err := encode(t)
	if err != nil {
		return err
	}
	batch := q.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := batch.Set(taskKey(id), value, nil); err != nil {
		return err
	}
	if t.Name != "" {
		lock := &q.names[maphash.String(q.seed, t.Queue+"\x00"+t.Name)%stripes]
		lock.Lock()
		defer lock.Unlock()
		if err := q.claim(batch, t); err != nil {
			return err
		}
	}
	if err := q.db.Commit(batch); err != nil {
		return fmt.Errorf("enqueue on %s: %w", t.Queue, err)
	}
	return nil
}

// claim takes the task's name, or returns task.ErrExists.
func (q *Queue) claim(batch *pebble.Batch, t task.Task) error {
	value, closer, err := q.db.Get(nameKey(t))
	switch {
	case errors.Is(err, pebble.ErrNotFound):
	case err != nil:
		return fmt.Errorf("read the name of a task: %w", err)
	default:
		until := binary.BigEndian.Uint64(value)
		closer.Close()
		if until == 0 || q.deps.Clock.Now().Before(time.Unix(0, int64(until))) {
			return task.ErrExists
		}
	}
	return batch.Set(nameKey(t), make([]byte, 8), nil)
}

// Serve implements task.Queue.
func (q *Queue) Serve(ctx context.Context, c task.Config, h task.Handler) error {
	if err := q.enter(); err != nil {
		return err
	}
	defer q.users.Done()
	return q.queue(c.Queue).ServeUntil(ctx, q.closed, c, h)
}

// Depth implements task.Queue.
func (q *Queue) Depth(_ context.Context, queue string) (int, error) {
	return q.queue(queue).Depth(), nil
}

// Close ends all Serves and syncs what they have done.
func (q *Queue) Close() error {
	q.mu.Lock()
	if q.isClosed() {
		q.mu.Unlock()
		return nil
	}
	close(q.closed)
	q.mu.Unlock()
	q.users.Wait()
	return database.CommitError(q.db.LogData(nil, pebble.Sync))
}

func (q *Queue) isClosed() bool {
	select {
	case <-q.closed:
		return true
	default:
		return false
	}
}
