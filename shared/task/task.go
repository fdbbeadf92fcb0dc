// Package task is the port to the task queue: a call to a function not before
// a time, retried until it succeeds, as Cloud Tasks has it. Drivers:
// task/memory, task/embedded; all pass task/tasktest. A task is a hint to
// look, never the record of what must be done: sweep finds what has none.
package task

import (
	"context"
	"errors"
	"time"
)

// ErrExists is returned for a name that is queued, or ran less than an hour ago.
var ErrExists = errors.New("a task of this name exists")

// Task is one call.
type Task struct {
	Queue string    // "executions"
	Name  string    // de-duplicates; "" lets the queue name it
	At    time.Time // not before; zero means now
	Body  []byte    // JSON, at most 100 KiB (Cloud Tasks' limit)
	// Attempt is set by the queue: 1 on the first call.
	Attempt int
}

// Enqueuer takes tasks. It is the only part that functions see.
type Enqueuer interface {
	// Enqueue returns once the task is durable.
	Enqueue(ctx context.Context, t Task) error
}

// Handler runs a task; an error has it called again after a back-off.
type Handler func(ctx context.Context, t Task) error

// Config says how a queue is served.
type Config struct {
	Queue      string
	Workers    int           // 0 means 8
	PerSecond  float64       // dispatches a second; 0 means no limit
	Deadline   time.Duration // a handler's time; 0 means 60 s
	MinBackoff time.Duration // 0 means 1 s
	MaxBackoff time.Duration // 0 means 60 s
}

// Queue is the port.
type Queue interface {
	Enqueuer
	// Serve runs due tasks until ctx ends, then waits for those under way.
	Serve(ctx context.Context, c Config, h Handler) error
	// Depth returns how many tasks of the queue wait.
	Depth(ctx context.Context, queue string) (int, error)
	Close() error
}
