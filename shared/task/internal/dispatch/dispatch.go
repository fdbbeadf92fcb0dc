// Package dispatch is the engine that the memory and embedded task queues
// share: when a task runs, and when again. It keeps an index of due times in
// memory, never bodies; what must survive is the driver's, behind Book.
package dispatch

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Book is the driver's record of a queue's tasks.
type Book interface {
	// Load returns a task; Attempt says how often it has failed.
	Load(id uint64) (task.Task, error)
	// Done forgets a task that succeeded; its name stays known for an hour.
	Done(id uint64, t task.Task) error
	// Retry records a failed attempt and when the next is due.
	Retry(id uint64, t task.Task) error
}

// Deps are what a queue works with. Jitter returns a number in [0,1).
type Deps struct {
	Clock  clock.Clock
	Log    *slog.Logger
	Jitter func() float64
}

// Queue is the index of one queue. It is safe for concurrent use.
type Queue struct {
	Deps
	book Book

	mu     sync.Mutex
	due    heapOf
	depth  int // waiting and running
	served bool
	wake   chan struct{}
}

// New returns an empty index on book.
func New(d Deps, book Book) *Queue {
	return &Queue{Deps: d, book: book, wake: make(chan struct{}, 1)}
}

// Add lets a task that is durable run from at on.
func (q *Queue) Add(id uint64, at time.Time) {
	q.mu.Lock()
	q.depth++
	q.mu.Unlock()
	q.put(id, at)
}

func (q *Queue) put(id uint64, at time.Time) {
	q.mu.Lock()
	heap.Push(&q.due, item{at: at, id: id})
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Depth returns how many tasks have not succeeded.
func (q *Queue) Depth() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.depth
}

// take returns a due task, or when the next one is; zero for none.
func (q *Queue) take(now time.Time) (id uint64, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case len(q.due) == 0:
		return 0, time.Time{}
	case q.due[0].at.After(now):
		return 0, q.due[0].at
	}
	return heap.Pop(&q.due).(item).id, time.Time{}
}

// ServeUntil runs due tasks until ctx ends or closed is closed, then waits for
// those under way.
func (q *Queue) ServeUntil(ctx context.Context, closed <-chan struct{}, c task.Config, h task.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return q.serve(ctx, c, h)
}

func (q *Queue) serve(ctx context.Context, c task.Config, h task.Handler) error {
	q.mu.Lock()
	taken := q.served
	q.served = true
	q.mu.Unlock()
	if taken {
		return fault.New(fault.Conflict, "the queue %s is served already", c.Queue)
	}
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.served = false
	}()
	s := newServer(ctx, q, c.WithDefaults(), h)
	err := s.run(ctx)
	s.running.Wait()
	return errors.Join(err, s.failure())
}

// heapOf orders tasks by due time, those due together by id.
type heapOf []item

type item struct {
	at time.Time
	id uint64
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (h heapOf) Len() int { return len(h) }

func (h heapOf) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].id < h[j].id
	}
	return h[i].at.Before(h[j].at)
}
func (h heapOf) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heapOf) Push(x any)   { *h = append(*h, x.(item)) }
func (h *heapOf) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
