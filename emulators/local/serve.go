package local

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/adhocore/gronx"
	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// deployment is the manifest's functions, built and wired to their triggers.
type deployment struct {
	host *host
	mux  *http.ServeMux
	jobs []func(ctx context.Context) error // what pushes, until ctx ends
}

// build constructs every function of the manifest and wires its trigger.
func (h *host) build(ctx context.Context, m functions.Manifest, e Endpoint) (*deployment, error) {
	d := &deployment{host: h, mux: http.NewServeMux()}
	platform := h.platform(e)
	for _, name := range m.Names() {
		construct, ok := function.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("function %s is in functions.yaml but registers nothing", name)
		}
		p := platform
		p.Log = h.Log.With(slog.String("function", name))
		handler, err := construct(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("start function %s: %w", name, err)
		}
		if err := d.wire(ctx, m, m.Functions[name].Trigger, handler); err != nil {
			return nil, fmt.Errorf("wire function %s: %w", name, err)
		}
	}
	return d, nil
}

func (d *deployment) wire(ctx context.Context, m functions.Manifest, t functions.Trigger, h http.Handler) error {
	switch {
	case t.HTTP != "":
		d.mux.Handle(t.HTTP, h)
	case t.Subscription != "":
		s := subscription(t.Subscription, m.Subscriptions[t.Subscription])
		if err := d.host.Bus.Ensure(ctx, s); err != nil {
			return err
		}
		d.jobs = append(d.jobs, func(ctx context.Context) error {
			return d.host.Bus.Serve(ctx, s, func(ctx context.Context, m bus.Message) error {
				return function.DeliverMessage(ctx, h, m)
			})
		})
	case t.Queue != "":
		q := m.Queues[t.Queue]
		c := task.Config{Queue: t.Queue, Workers: q.Workers, PerSecond: q.PerSecond, Deadline: time.Duration(q.Deadline)}
		d.jobs = append(d.jobs, func(ctx context.Context) error {
			return d.host.Tasks.Serve(ctx, c, func(ctx context.Context, t task.Task) error {
				return function.DeliverTask(ctx, h, t)
			})
		})
	default:
		d.jobs = append(d.jobs, func(ctx context.Context) error { return d.host.schedule(ctx, t.Schedule, h) })
	}
	return nil
}

func subscription(name string, s functions.Subscription) bus.Subscription {
	return bus.Subscription{
		Name: name, Topic: s.Topic, Filter: s.Filter, Ordered: s.Ordered, Workers: s.Workers,
		MaxAttempts: s.MaxAttempts, AckDeadline: time.Duration(s.AckDeadline),
	}
}

// serve runs the triggers in group.
func (d *deployment) serve(ctx context.Context, group *errgroup.Group) {
	for _, job := range d.jobs {
		group.Go(func() error { return job(ctx) })
	}
}

// schedule calls handler at start, since a time may have passed while nothing
// ran, and then whenever the cron expression says.
func (h *host) schedule(ctx context.Context, cron string, handler http.Handler) error {
	for {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= http.StatusBadRequest {
			h.Log.Warn("a scheduled call failed", slog.Int("status", w.Code))
		}
		now := h.Clock.Now()
		next, err := gronx.NextTickAfter(cron, now, false)
		if err != nil {
			return fmt.Errorf("read the schedule %q: %w", cron, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.Clock.After(next.Sub(now)):
		}
	}
}
