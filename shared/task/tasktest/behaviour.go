package tasktest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

func testDue(f *fixture) {
	start := f.clock.Now()
	for _, s := range []int{3, 1, 2} {
		f.enqueue(task.Task{Name: fmt.Sprint(s), At: start.Add(time.Duration(s) * time.Minute)})
	}
	runs, _ := f.serve(task.Config{})
	for s := 1; s <= 3; s++ {
		want := start.Add(time.Duration(s) * time.Minute)
		r := f.due(runs, want)
		if r.Name != fmt.Sprint(s) || !r.at.Equal(want) {
			f.Errorf("task %s ran at %s, want task %d at %s", r.Name, r.at, s, want)
		}
		r.answer <- nil
	}
}

func testEarlier(f *fixture) {
	start := f.clock.Now()
	f.enqueue(task.Task{Name: "late", At: start.Add(time.Hour)})
	runs, _ := f.serve(task.Config{})
	f.enqueue(task.Task{Name: "now"})
	r := next(f, runs, "the earlier task")
	if r.Name != "now" || !r.at.Equal(start) {
		f.Errorf("%s ran at %s", r.Name, r.at)
	}
	r.answer <- nil
}

func testNames(f *fixture) {
	start := f.clock.Now()
	named := task.Task{Queue: "q", Name: "n"}
	taken := func(when string) {
		f.Helper()
		if err := f.queue.Enqueue(f.Context(), named); !errors.Is(err, task.ErrExists) {
			f.Errorf("the name %s: %v, want ErrExists", when, err)
		}
	}
	f.enqueue(named)
	taken("of a queued task")
	f.enqueue(task.Task{Queue: "other", Name: "n"})
	f.enqueue(task.Task{Queue: "q"})
	f.enqueue(task.Task{Queue: "q"}) // without a name nothing is a duplicate
	runs, _ := f.serve(task.Config{})
	for range 3 {
		next(f, runs, "a task").answer <- nil
	}
	f.depth("q", 0)
	taken("of a task that ran")
	f.clock.Advance(task.NameKept - time.Second)
	taken("of a task that ran 59 minutes ago")
	f.clock.Advance(2 * time.Second)
	f.enqueue(named)
	if r := next(f, runs, "the task of the free name"); r.at.Sub(start) < time.Hour {
		f.Errorf("ran at %s", r.at)
	} else {
		r.answer <- nil
	}
}

func testRace(f *fixture) {
	const names = 100
	var won atomic.Int32
	for i := range names {
		start := make(chan struct{})
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				<-start
				err := f.queue.Enqueue(f.Context(), task.Task{Queue: "q", Name: fmt.Sprint(i)})
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, task.ErrExists):
					f.Errorf("enqueue: %v", err)
				}
			})
		}
		close(start)
		all.Wait()
	}
	if won.Load() != names {
		f.Errorf("%d of 8 times %d tasks were taken, want %d", won.Load(), names, names)
	}
	f.depth("q", names)
}

func testRetry(f *fixture) {
	start := f.clock.Now()
	f.enqueue(task.Task{Name: "n"})
	runs, _ := f.serve(task.Config{MinBackoff: time.Second, MaxBackoff: 3 * time.Second})
	want := []time.Duration{0, time.Second, 3 * time.Second, 6 * time.Second, 9 * time.Second}
	var got []time.Duration
	for attempt := 1; attempt <= 5; attempt++ {
		r := f.due(runs, start.Add(want[attempt-1]))
		if r.Attempt != attempt {
			f.Errorf("attempt %d, want %d", r.Attempt, attempt)
		}
		got = append(got, r.at.Sub(start))
		if attempt < 5 {
			r.answer <- errRefused
		} else {
			r.answer <- nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("times (-want +got):\n%s", diff)
	}
	f.depth("q", 0)
}

func testFailures(f *fixture) {
	start := f.clock.Now()
	f.enqueue(task.Task{Name: "n"})
	runs, _ := f.serve(task.Config{Deadline: 10 * time.Second, MinBackoff: time.Second, MaxBackoff: time.Second})
	next(f, runs, "the task").answer <- errPanic
	slow := f.due(runs, start.Add(time.Second))
	if slow.Attempt != 2 {
		f.Errorf("attempt %d after a panic, want 2", slow.Attempt)
	}
	again := f.due(runs, start.Add(time.Minute))
	if again.Attempt != 3 || slow.ctx.Err() == nil {
		f.Errorf("attempt %d after the deadline, its context %v", again.Attempt, slow.ctx.Err())
	}
	if least := slow.at.Add(11 * time.Second); again.at.Before(least) {
		f.Errorf("tried again at %s, before %s", again.at, least)
	}
	slow.answer <- nil // too late to count
	again.answer <- nil
	f.depth("q", 0)
}

func testRate(f *fixture) {
	start := f.clock.Now()
	for range 5 {
		f.enqueue(task.Task{})
	}
	runs, _ := f.serve(task.Config{PerSecond: 2})
	for i := range 5 {
		r := f.due(runs, start.Add(20*time.Second))
		if least := time.Duration(i) * 500 * time.Millisecond; r.at.Sub(start) < least {
			f.Errorf("task %d ran after %s, want at least %s", i, r.at.Sub(start), least)
		}
		r.answer <- nil
	}
}

func testWorkers(f *fixture) {
	for range 5 {
		f.enqueue(task.Task{})
	}
	runs, _ := f.serve(task.Config{Workers: 2})
	a, b := next(f, runs, "a task"), next(f, runs, "a second task")
	select {
	case <-runs:
		f.Error("three ran with two workers")
	case <-time.After(20 * time.Millisecond): // it has had its chance
	}
	a.answer <- nil
	b.answer <- nil
	for range 3 {
		next(f, runs, "the other tasks").answer <- nil
	}
}

func testEnd(f *fixture) {
	f.enqueue(task.Task{Name: "one"})
	runs, stop := f.serve(task.Config{})
	r := next(f, runs, "the task")
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	select {
	case <-stopped:
		f.Error("Serve ended before its handler")
	case <-time.After(20 * time.Millisecond): // it has had its chance
	}
	if r.ctx.Err() != nil {
		f.Error("the end of Serve reached into a handler")
	}
	r.answer <- nil
	next(f, stopped, "the end of Serve")
	f.enqueue(task.Task{Name: "two"})
	f.depth("q", 1)
	runs, _ = f.serve(task.Config{})
	if r := next(f, runs, "the next task"); r.Name != "two" {
		f.Errorf("%s came again", r.Name)
	} else {
		r.answer <- nil
	}
}

func testQueues(f *fixture) {
	f.enqueue(task.Task{Queue: "a", Name: "x"})
	f.enqueue(task.Task{Queue: "b", Name: "y"})
	runs, _ := f.serve(task.Config{Queue: "b"})
	r := next(f, runs, "the task")
	if r.Name != "y" {
		f.Errorf("queue b ran %s", r.Name)
	}
	r.answer <- nil
	f.depth("b", 0)
	f.depth("a", 1)
}
