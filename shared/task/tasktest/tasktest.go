// Package tasktest is the conformance suite of the task queue: every driver
// passes it. It runs on a virtual clock that it advances itself.
package tasktest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

const patience = 30 * time.Second

// Run runs the suite; open returns an empty queue on the clock, without
// jitter, closed by the suite.
func Run(t *testing.T, open func(testing.TB, clock.Clock) task.Queue) {
	t.Helper()
	for name, test := range map[string]func(*fixture){
		"runs a task as it was given":     testRuns,
		"not before its time, in order":   testDue,
		"an earlier task wakes the queue": testEarlier,
		"a name is taken for an hour":     testNames,
		"concurrent tasks of one name":    testRace,
		"retries with back-off":           testRetry,
		"deadline and panic":              testFailures,
		"rate":                            testRate,
		"workers":                         testWorkers,
		"ends gracefully":                 testEnd,
		"refuses bad tasks":               testRefuses,
		"queues are apart":                testQueues,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clock.NewVirtual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
			q := open(t, c)
			t.Cleanup(func() {
				if err := q.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			test(&fixture{T: t, queue: q, clock: c})
		})
	}
}

type fixture struct {
	*testing.T
	queue task.Queue
	clock *clock.Virtual
}

func (f *fixture) enqueue(t task.Task) {
	f.Helper()
	if t.Queue == "" {
		t.Queue = "q"
	}
	if err := f.queue.Enqueue(f.Context(), t); err != nil {
		f.Fatalf("enqueue %s: %v", t.Name, err)
	}
}

// run is one call of a handler, which waits for the answer.
type run struct {
	task.Task
	ctx    context.Context
	at     time.Time
	answer chan error
}

// serve passes every call to the channel.
func (f *fixture) serve(c task.Config) (<-chan run, func()) {
	f.Helper()
	if c.Queue == "" {
		c.Queue = "q"
	}
	runs := make(chan run, 64)
	ctx, cancel := context.WithCancel(f.Context())
	done := make(chan error, 1)
	go func() {
		done <- f.queue.Serve(ctx, c, func(ctx context.Context, t task.Task) error {
			r := run{Task: t, ctx: ctx, at: f.clock.Now(), answer: make(chan error, 1)}
			runs <- r
			select {
			case err := <-r.answer:
				if errors.Is(err, errPanic) {
					panic(err)
				}
				return err
			case <-f.Context().Done(): // the test has failed
				return nil
			}
		})
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := next(f, done, "the end of Serve"); err != nil {
			f.Errorf("serve: %v", err)
		}
	})
	f.Cleanup(stop)
	return runs, stop
}

var (
	errRefused = errors.New("refused")
	errPanic   = errors.New("panic")
)

func next[T any](f *fixture, ch <-chan T, what string) T {
	f.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		f.Fatalf("waited %s for %s", patience, what)
		panic("not reached")
	}
}

// due waits for a run and moves the clock to the next waiter while there is
// none, at most to limit. A test that expects an exact time gives it as the
// limit: what ran a moment ago may not have said so yet.
func (f *fixture) due(runs <-chan run, limit time.Time) run {
	f.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case r := <-runs:
			return r
		case <-tick.C:
			if at, ok := f.clock.Next(); ok && !at.After(limit) {
				f.clock.Advance(at.Sub(f.clock.Now()))
			}
		case <-deadline:
			f.Fatalf("waited %s for a task due by %s", patience, limit)
		}
	}
}

func (f *fixture) depth(queue string, want int) {
	f.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		n, err := f.queue.Depth(f.Context(), queue)
		if err != nil {
			f.Fatalf("depth: %v", err)
		}
		if n == want {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			f.Fatalf("depth of %s is %d, want %d", queue, n, want)
		}
	}
}

func testRuns(f *fixture) {
	body := []byte(`{"execution":"e1"}`)
	f.enqueue(task.Task{Name: "e1", Body: body})
	body[0] = 'X' // the caller may use its buffer again
	f.depth("q", 1)
	runs, _ := f.serve(task.Config{})
	r := next(f, runs, "the task")
	want := task.Task{Queue: "q", Name: "e1", At: r.at, Body: []byte(`{"execution":"e1"}`), Attempt: 1}
	if diff := cmp.Diff(want, r.Task); diff != "" {
		f.Errorf("task (-want +got):\n%s", diff)
	}
	f.depth("q", 1)
	r.answer <- nil
	f.depth("q", 0)
}

func testRefuses(f *fixture) {
	for name, c := range map[string]struct {
		task task.Task
		kind fault.Kind
	}{
		"no queue":  {task.Task{}, fault.Invalid},
		"NUL":       {task.Task{Queue: "a\x00b"}, fault.Invalid},
		"long name": {task.Task{Queue: "q", Name: strings.Repeat("n", 501)}, fault.Invalid},
		"too large": {task.Task{Queue: "q", Body: make([]byte, 100<<10+1)}, fault.TooLarge},
	} {
		if err := f.queue.Enqueue(f.Context(), c.task); !fault.Is(err, c.kind) {
			f.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	f.enqueue(task.Task{Body: make([]byte, 100<<10)})
}
