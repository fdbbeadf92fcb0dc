package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// open are the states in which something is still to happen by itself.
var open = []execution.State{execution.Ready, execution.Running, execution.Verifying, execution.Reverting, execution.Waiting}

// Run lets the world go on for d.
func (w *World) Run(d time.Duration) error {
	over := false
	w.after(d, "the time is over", func() { over = true })
	return w.run(func() bool { return over })
}

// look is how often Drain looks whether all is quiet.
const lookEvery = 5 * time.Second

// Drain lets the world go on until nothing is left to do, and returns how long
// that took; within limit, or it is an error that says what is left.
func (w *World) Drain(ctx context.Context, limit time.Duration) (time.Duration, error) {
	began := time.Now()
	var left string
	var failed error
	quiet := false
	var look func()
	look = func() {
		left, failed = w.left(ctx)
		if quiet = left == ""; !quiet && failed == nil && time.Since(began) < limit {
			w.after(lookEvery, "look whether all is quiet", look)
		}
	}
	w.after(0, "look whether all is quiet", look)
	err := w.run(func() bool { return quiet || failed != nil || time.Since(began) >= limit && left != "" })
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, failed
	case !quiet:
		return 0, fmt.Errorf("not drained after %s: %s", limit, left)
	}
	return time.Since(began), nil
}

// left says what is still to be done, "" for nothing.
func (w *World) left(ctx context.Context) (string, error) {
	if w.waiting > 0 {
		return fmt.Sprintf("%d deliveries are on their way", w.waiting), nil
	}
	for name := range w.manifest.Subscriptions {
		for _, queue := range []string{name, name + ".dead"} {
			if n, err := w.Bus.Backlog(ctx, queue); err != nil || n > 0 {
				return fmt.Sprintf("%d messages of %s", n, queue), err
			}
		}
	}
	for _, state := range open {
		found, _, err := store.List[execution.Execution](ctx, w.Store, store.Query{
			Collection: execution.Collection, Limit: store.MaxPage, Where: []store.Filter{{Field: "state", Op: store.Eq, Value: string(state)}}, OrderBy: "updated_at",
		})
		if err != nil {
			return "", err
		}
		for _, x := range found {
			if !w.forPeople(x) {
				return fmt.Sprintf("execution %s is %s: %s", x.ID, state, x.Reason), nil
			}
		}
	}
	return "", nil
}

// forPeople reports whether only a person can move x.
func (w *World) forPeople(x execution.Execution) bool {
	return x.State == execution.Waiting && x.Category == execution.Manual
}

// Recover is what people do when the faults are over: they have the dead
// letters of the subscription delivered again.
func (w *World) Recover(ctx context.Context, subscription string) {
	dead := bus.Subscription{Name: subscription + ".dead", Topic: subscription + ".dead"}
	topic := w.manifest.Subscriptions[subscription].Topic
	w.serve(func() error {
		return w.Bus.Serve(ctx, dead, func(ctx context.Context, m bus.Message) error {
			_, err := w.Bus.Publish(ctx, topic, bus.Message{Data: m.Data, Attributes: m.Attributes, OrderingKey: m.OrderingKey})
			return err
		})
	})
}

// Digest names the run: two runs with one digest took the same steps.
func (w *World) Digest() string { return w.trace.digest() }

// Steps returns how many steps were taken, and how many of them were durable.
func (w *World) Steps() (all, durable int) { return w.now, w.durable }

// Letters takes the dead letters of the subscription.
func (w *World) Letters(ctx context.Context, subscription string) (letters []bus.Message) {
	dead := bus.Subscription{Name: subscription + ".dead", Topic: subscription + ".dead", Workers: 1}
	ctx, stop := context.WithCancel(ctx)
	w.serve(func() error {
		return w.Bus.Serve(ctx, dead, func(_ context.Context, m bus.Message) error {
			letters = append(letters, m)
			return nil
		})
	})
	if err := w.Run(time.Second); err != nil {
		w.broken = err
	}
	stop()
	return letters
}
