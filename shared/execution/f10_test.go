package execution_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// wrong is a clock that is off.
type wrong struct {
	clock.Clock
	by *atomic.Int64
}

func (w wrong) Now() time.Time { return w.Clock.Now().Add(time.Duration(w.by.Load())) }

// timers is a course of F10: an Alert of five minutes, while the clocks of the
// worker that tells people, of the worker that runs it, of the sweeper and of
// the queue are off, each by its own; the store's is right.
type timers struct {
	tells, runs, sweeps, queue time.Duration
	back                       bool // after 100 s all of them but the store's go back by 10 min
	lost                       bool // the task of the timer is lost
}

// ran returns when the effect was made, after people had been told.
func (c timers) ran(t *testing.T) time.Duration {
	t.Helper()
	act := &headed{fake: &fake{class: action.ClassA, world: &world{}}, head: "a1"}
	r := newRig(t, act)
	off := map[string]*atomic.Int64{}
	at := func(name string, by time.Duration) clock.Clock {
		off[name] = &atomic.Int64{}
		off[name].Store(int64(by))
		return wrong{r.clock, off[name]}
	}
	worker := func(k clock.Clock) *execution.Runner {
		w := *r.runner
		w.Clock, w.Machine = k, execution.NewMachine(execution.Deps{Store: r.store, Clock: k, Lease: lease})
		return &w
	}
	teller, runner := worker(at("tells", c.tells)), worker(at("runs", c.runs))
	sweeper := execution.Sweeper{Store: r.store, Tasks: r.tasks, Clock: at("sweeps", c.sweeps)}
	queue := at("queue", c.queue)
	x := untold(execution.Alert)
	x.Window = 5 * time.Minute
	r.put(t, x)
	if err := teller.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if c.lost {
		r.tasks.queued = nil // and its name stays taken
	}
	for range 600 {
		r.clock.Advance(time.Second)
		passed := r.clock.Now().Sub(start)
		if c.back && passed == 100*time.Second {
			for _, by := range off {
				by.Add(int64(-10 * time.Minute))
			}
		}
		if passed%time.Minute == 0 {
			if _, err := sweeper.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range r.tasks.due(t, queue.Now()) {
			if err := runner.Run(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if act.world.effects > 0 {
			return passed
		}
	}
	return time.Hour
}

// due takes off what is due; unlike the real queues it never forgets a name.
func (q *tasks) due(t *testing.T, now time.Time) (ids []string) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	rest := q.queued[:0]
	for _, job := range q.queued {
		var body execution.TaskBody
		if err := json.Unmarshal(job.Body, &body); err != nil {
			t.Fatal(err)
		}
		if job.At.After(now) {
			rest = append(rest, job)
			continue
		}
		ids = append(ids, body.Execution)
	}
	q.queued = rest
	return ids
}

// TestF10ClocksThatAreOff: none runs before people had their five minutes; all
// have by 390 s, and by 450 s where only the sweeper is left.
func TestF10ClocksThatAreOff(t *testing.T) {
	t.Parallel()
	const skew = 120 * time.Second
	skews := []time.Duration{-skew, 0, skew}
	for _, tells := range skews {
		t.Run(fmt.Sprint("told at ", tells), func(t *testing.T) {
			t.Parallel()
			for i := range 3 * 3 * 3 * 2 * 2 {
				c := timers{tells, skews[i%3], skews[i/3%3], skews[i/9%3], i/27%2 == 1, i/54%2 == 1}
				by := 390 * time.Second
				if c.lost {
					by = 450 * time.Second
				}
				if at := c.ran(t); at < 300*time.Second || at > by {
					t.Errorf("%+v: it ran after %s, want 5m0s to %s", c, at, by)
				}
			}
		})
	}
}

// TestLeaseRunsFromBeforeTheClaim: a worker that stands still between claiming
// and doing has that much less time, whatever its clock says of the lease's end.
func TestLeaseRunsFromBeforeTheClaim(t *testing.T) {
	t.Parallel()
	act := &fake{class: action.ClassA, world: &world{}}
	r := newRig(t, act)
	ahead := &atomic.Int64{}
	ahead.Store(int64(2 * time.Minute))
	r.runner.Clock = wrong{r.clock, ahead}
	r.put(t, ready("x"))
	gate := func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) {
		r.clock.Advance(lease * 2 / 3) // it stands still
		return "", nil
	}
	r.runner.Machine = execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Gates: []execution.Gate{gate}, Lease: lease})
	_ = r.runner.Run(t.Context(), "x")
	if act.world.applies > 0 {
		t.Error("it began with no time left")
	}
	r.runner.Machine = r.machine
	r.clock.Advance(2 * lease)
	if err := r.runner.Run(t.Context(), "x"); err != nil || act.world.effects != 1 {
		t.Errorf("with a clock that is ahead: %v, %d effects", err, act.world.effects)
	}
}
