package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// server is one Serve.
type server struct {
	*Queue
	base    context.Context // of the handlers: outlives the end of Serve
	config  task.Config
	handler task.Handler
	limit   *rate.Limiter
	slots   chan struct{}
	running sync.WaitGroup
	broken  chan error // the first failure of the book
}

func newServer(ctx context.Context, q *Queue, c task.Config, h task.Handler) *server {
	perSecond := rate.Limit(c.PerSecond)
	if c.PerSecond <= 0 {
		perSecond = rate.Inf
	}
	return &server{
		Queue: q, base: context.WithoutCancel(ctx), config: c, handler: h,
		limit: rate.NewLimiter(perSecond, 1), slots: make(chan struct{}, c.Workers), broken: make(chan error, 1),
	}
}

func (s *server) run(ctx context.Context) error {
	for {
		select { // a worker
		case s.slots <- struct{}{}:
		case err := <-s.broken:
			return err
		case <-ctx.Done():
			return nil
		}
		id, err := s.next(ctx)
		if err != nil || id == 0 {
			return err
		}
		s.running.Add(1)
		go s.work(id)
	}
}

// next waits for a due task and for the rate; 0 means that ctx has ended.
func (s *server) next(ctx context.Context) (uint64, error) {
	for ctx.Err() == nil {
		now := s.Clock.Now()
		r := s.limit.ReserveN(now, 1)
		if wait := r.DelayFrom(now); wait > 0 {
			r.CancelAt(now)
			if err := s.pause(ctx, s.Clock.After(wait), nil); err != nil {
				return 0, err
			}
			continue
		}
		id, at := s.take(now)
		if id != 0 {
			return id, nil
		}
		r.CancelAt(now)
		var alarm <-chan time.Time
		if !at.IsZero() {
			alarm = s.Clock.After(at.Sub(now))
		}
		if err := s.pause(ctx, alarm, s.wake); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (s *server) pause(ctx context.Context, alarm <-chan time.Time, wake <-chan struct{}) error {
	select {
	case <-alarm:
	case <-wake:
	case err := <-s.broken:
		return err
	case <-ctx.Done():
	}
	return nil
}

// work runs one task in its own goroutine.
func (s *server) work(id uint64) {
	defer func() { <-s.slots; s.running.Done() }()
	if err := s.attempt(id); err != nil {
		select {
		case s.broken <- err:
		default:
		}
	}
}

func (s *server) attempt(id uint64) error {
	t, err := s.book.Load(id)
	if err != nil {
		return fmt.Errorf("read a task of %s: %w", s.config.Queue, err)
	}
	t.Attempt++
	cause := s.call(t)
	if cause == nil {
		if err := s.book.Done(id, t); err != nil {
			return fmt.Errorf("forget a task of %s: %w", s.config.Queue, err)
		}
		s.mu.Lock()
		s.depth--
		s.mu.Unlock()
		return nil
	}
	s.Log.LogAttrs(s.base, slog.LevelWarn, "task failed", slog.String("queue", t.Queue),
		slog.String("task", t.Name), slog.Int("attempt", t.Attempt), slog.Any("error", cause))
	t.At = s.Clock.Now().Add(s.config.Backoff(t.Attempt, s.Jitter()))
	if err := s.book.Retry(id, t); err != nil {
		return fmt.Errorf("record a failed task of %s: %w", s.config.Queue, err)
	}
	s.put(id, t.At)
	return nil
}

// call runs the handler for at most the deadline; one that does not heed its
// context is left behind.
func (s *server) call(t task.Task) error {
	ctx, cancel := context.WithCancelCause(s.base)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", v, debug.Stack()), "the handler panicked; the log has the cause")
			}
		}()
		done <- s.handler(ctx, t)
	}()
	select {
	case err := <-done:
		return err
	case <-s.Clock.After(s.config.Deadline):
		cancel(context.DeadlineExceeded)
		return fault.New(fault.Unavailable, "the handler did not answer within %s", s.config.Deadline)
	}
}

// failure returns a failure of the book that run did not see.
func (s *server) failure() error {
	select {
	case err := <-s.broken:
		return err
	default:
		return nil
	}
}
