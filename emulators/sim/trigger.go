package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/adhocore/gronx"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// start wires every function of the manifest to its trigger.
func (w *World) start(ctx context.Context) (err error) {
	if w.manifest, err = functions.Load(); err != nil {
		return err
	}
	for _, name := range w.manifest.Names() {
		construct, ok := function.Lookup(name)
		if !ok {
			return fmt.Errorf("function %s is in functions.yaml but registers nothing", name)
		}
		s := &service{name: name, construct: construct, instances: make([]*process, w.o.Instances), concurrency: max(w.manifest.Functions[name].Concurrency, 1)}
		w.services[name] = s
		if err := w.wire(ctx, w.manifest.Functions[name].Trigger, s); err != nil {
			return fmt.Errorf("wire function %s: %w", name, err)
		}
	}
	return nil
}

func (w *World) wire(ctx context.Context, t functions.Trigger, s *service) error {
	switch {
	case t.Subscription != "":
		c := w.manifest.Subscriptions[t.Subscription]
		sub := bus.Subscription{
			Name: t.Subscription, Topic: c.Topic, Filter: c.Filter, Ordered: c.Ordered, Workers: c.Workers,
			MaxAttempts: c.MaxAttempts, AckDeadline: time.Duration(c.AckDeadline),
		}
		if err := w.Bus.Ensure(ctx, sub); err != nil {
			return err
		}
		w.serve(func() error { return w.Bus.Serve(ctx, sub, w.messages(s, sub)) })
	case t.Queue != "":
		c := w.manifest.Queues[t.Queue]
		q := task.Config{Queue: t.Queue, Workers: c.Workers, PerSecond: c.PerSecond, Deadline: time.Duration(c.Deadline)}
		w.serve(func() error { return w.Tasks.Serve(ctx, q, w.tasks(s)) })
	case t.Schedule != "":
		w.tick(ctx, s, t.Schedule)
	}
	return nil
}

func (w *World) serve(job func() error) {
	w.serving.Add(1)
	go func() {
		defer w.serving.Done()
		if err := job(); err != nil && w.broken == nil {
			w.broken = err
		}
	}()
}

// messages delivers a subscription's messages, with all that at-least-once
// permits.
func (w *World) messages(s *service, sub bus.Subscription) bus.Handler {
	return func(ctx context.Context, m bus.Message) error {
		name := fmt.Sprintf("%s %s/%s#%d", s.name, sub.Name, m.ID, m.Attempt)
		hangs := false
		again := func(t *Thread) error {
			return s.run(context.WithoutCancel(ctx), t, func(ctx context.Context, h http.Handler) error {
				return function.DeliverMessage(ctx, h, m)
			})
		}
		t := w.spawn(name, func(t *Thread) error {
			hangs = w.dice.IntN(2) == 0 // should its process die
			if w.dice.Float64() < w.faults.Duplicate {
				w.spawn(name+" twin", again)
			}
			if w.dice.Float64() < w.faults.Redeliver {
				for range 10 {
					w.after(time.Duration(w.dice.Int64N(int64(10*time.Minute))), "redeliver "+name, func() { w.spawn(name+" again", again) })
				}
			}
			err := s.run(ctx, t, func(ctx context.Context, h http.Handler) error { return function.DeliverMessage(ctx, h, m) })
			if err == nil && w.dice.Float64() < w.faults.LateAck {
				t.step("acknowledges late", sub.AckDeadline)
			}
			return err
		})
		return t.await(ctx, &hangs)
	}
}

// tasks runs a queue's tasks.
func (w *World) tasks(s *service) task.Handler {
	return func(ctx context.Context, job task.Task) error {
		name := fmt.Sprintf("%s %s#%d", s.name, job.Name, job.Attempt)
		var body execution.TaskBody
		if err := json.Unmarshal(job.Body, &body); err != nil {
			return err
		}
		hangs := false
		run := func(ctx context.Context, t *Thread) error {
			t.execution = body.Execution
			return s.run(ctx, t, func(ctx context.Context, h http.Handler) error { return function.DeliverTask(ctx, h, job) })
		}
		t := w.spawn(name, func(t *Thread) error {
			hangs = w.dice.IntN(2) == 0
			if w.dice.Float64() < w.faults.Duplicate {
				w.spawn(name+" twin", func(t *Thread) error { return run(context.WithoutCancel(ctx), t) })
			}
			return run(ctx, t)
		})
		return t.await(ctx, &hangs)
	}
}

// Down has nobody answer for the function until d has passed.
func (w *World) Down(function string, d time.Duration) {
	w.services[function].down = time.Now().Add(d)
}

// run has an instance of s do something for t.
func (s *service) run(ctx context.Context, t *Thread, do func(context.Context, http.Handler) error) error {
	if time.Now().Before(s.down) {
		return errUnavailable
	}
	p, err := s.pick(ctx, t)
	if err != nil {
		if t.world.broken == nil {
			t.world.broken = err
		}
		return err
	}
	err = do(t.with(ctx), p.handler)
	p.leave(t)
	t.process = nil
	return err
}

// await returns what came of t. Of a process that died its caller hears at
// once, or never: then the deadline tells.
func (t *Thread) await(ctx context.Context, hangs *bool) error {
	<-t.done
	if errors.Is(t.err, errDied) && *hangs {
		<-ctx.Done()
	}
	return t.err
}

// tick calls a scheduled function, now and whenever cron says.
func (w *World) tick(ctx context.Context, s *service, cron string) {
	w.spawn(s.name+" by schedule", func(t *Thread) error {
		return s.run(ctx, t, func(ctx context.Context, h http.Handler) error {
			a := httptest.NewRecorder()
			h.ServeHTTP(a, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil))
			return nil // the next tick is its retry
		})
	})
	next, err := gronx.NextTickAfter(cron, time.Now().UTC(), false)
	if err != nil {
		w.broken = fmt.Errorf("read the schedule %q: %w", cron, err)
		return
	}
	w.after(time.Until(next), "tick of "+s.name, func() { w.tick(ctx, s, cron) })
}

// DeliverWithin sends a webhook at some time within d.
func (w *World) DeliverWithin(ctx context.Context, h Hook, id string, d time.Duration) {
	w.waiting++
	w.after(time.Duration(w.dice.Int64N(int64(d))), "a webhook "+id, func() {
		w.waiting--
		w.Deliver(ctx, h, id)
	})
}

// resend is how long the people at GitHub take to send a failed delivery again.
const resend = time.Minute

// Deliver sends a webhook under the delivery id, and again until it is
// accepted: GitHub itself never does, its users do.
func (w *World) Deliver(ctx context.Context, h Hook, id string) {
	w.waiting++
	t := w.spawn("github sends "+id, func(t *Thread) error {
		return w.services["githubwebhook"].run(ctx, t, func(ctx context.Context, handler http.Handler) error {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/githubwebhook", bytes.NewReader(h.Body))
			r.Header = h.Header.Clone()
			r.Header.Set("X-Github-Delivery", id)
			a := httptest.NewRecorder()
			handler.ServeHTTP(a, r)
			if a.Code != http.StatusAccepted {
				w.trace.note("answered %d: %s", a.Code, a.Body)
				return fmt.Errorf("answered %d: %s", a.Code, a.Body)
			}
			w.history.accept(id)
			return nil
		})
	})
	go func() {
		<-t.done
		w.after(resend, "github looks after "+id, func() {
			w.waiting--
			if t.err != nil {
				w.Deliver(ctx, h, id)
			}
		})
	}()
}
