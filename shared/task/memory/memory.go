// Package memory is the task queue in memory, for tests and the simulation: it
// runs on a clock.Clock. Nothing survives Close; it is not for production.
package memory

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task/internal/dispatch"
)

// Options tune New. The zero value works on the real clock.
type Options struct {
	Clock  clock.Clock    // nil means the machine's
	Log    *slog.Logger   // nil means no log
	Jitter func() float64 // in [0,1); nil means none, so that a run repeats
}

// Queue implements task.Queue.
type Queue struct {
	deps   dispatch.Deps
	closed chan struct{}
	served sync.WaitGroup

	mu     sync.Mutex
	last   uint64
	tasks  map[uint64]task.Task
	names  map[string]time.Time // queue NUL name -> until when; zero while queued
	queues map[string]*dispatch.Queue
}

var _ task.Queue = (*Queue)(nil)

// New returns an empty queue.
func New(o Options) *Queue {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0 }
	}
	return &Queue{
		deps: dispatch.Deps{Clock: o.Clock, Log: o.Log, Jitter: o.Jitter}, closed: make(chan struct{}),
		tasks: map[uint64]task.Task{}, names: map[string]time.Time{}, queues: map[string]*dispatch.Queue{},
	}
}

// Enqueue implements task.Enqueuer.
func (q *Queue) Enqueue(ctx context.Context, t task.Task) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed() {
		return fault.New(fault.Unavailable, "the task queue is closed; send again")
	}
	now := q.deps.Clock.Now()
	if t.Name != "" {
		until, known := q.names[t.Queue+"\x00"+t.Name]
		if known && (until.IsZero() || now.Before(until)) {
			return task.ErrExists
		}
		q.names[t.Queue+"\x00"+t.Name] = time.Time{}
	}
	if t.At.IsZero() {
		t.At = now
	}
	t.Body, t.Attempt = slices.Clone(t.Body), 0
	q.last++
	q.tasks[q.last] = t
	q.queue(t.Queue).Add(q.last, t.At)
	return nil
}

func (q *Queue) queue(name string) *dispatch.Queue {
	d := q.queues[name]
	if d == nil {
		d = dispatch.New(q.deps, (*book)(q))
		q.queues[name] = d
	}
	return d
}

// Serve implements task.Queue.
func (q *Queue) Serve(ctx context.Context, c task.Config, h task.Handler) error {
	q.mu.Lock()
	if q.isClosed() {
		q.mu.Unlock()
		return fault.New(fault.Unavailable, "the task queue is closed")
	}
	d := q.queue(c.Queue)
	q.served.Add(1)
	q.mu.Unlock()
	defer q.served.Done()
	return d.ServeUntil(ctx, q.closed, c, h)
}

// Depth implements task.Queue.
func (q *Queue) Depth(_ context.Context, queue string) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queue(queue).Depth(), nil
}

// Close ends all Serves and refuses what comes later.
func (q *Queue) Close() error {
	q.mu.Lock()
	if !q.isClosed() {
		close(q.closed)
	}
	q.mu.Unlock()
	q.served.Wait()
	return nil
}

func (q *Queue) isClosed() bool {
	select {
	case <-q.closed:
		return true
	default:
		return false
	}
}

// book implements dispatch.Book.
type book Queue

// Load implements dispatch.Book.
func (b *book) Load(id uint64) (task.Task, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tasks[id], nil
}

// Done implements dispatch.Book.
func (b *book) Done(id uint64, t task.Task) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tasks, id)
	now := b.deps.Clock.Now()
	if t.Name != "" {
		b.names[t.Queue+"\x00"+t.Name] = now.Add(task.NameKept)
	}
	return nil
}

// Retry implements dispatch.Book.
func (b *book) Retry(id uint64, t task.Task) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tasks[id] = t
	return nil
}
