package sim

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// process is one running instance of a function.
type process struct {
	name    string
	world   *World
	handler http.Handler
	service *service
	dead    bool
	skew    time.Duration
	stopped time.Time // until when it stands still
	threads []*Thread
}

// service is a function with its instances. A dead one is built anew by the
// next call, as Cloud Run does.
type service struct {
	name      string
	construct function.Constructor
	instances []*process // nil until a call needs it
	// concurrency is how many requests an instance takes at once: a function of 1
	// may hold a lock while it calls a port, which would stop the world.
	concurrency int
	built       int
	down        time.Time // until when nobody answers
}

// pick returns an instance for t that takes one more request, building it if
// there is none.
func (s *service) pick(ctx context.Context, t *Thread) (*process, error) {
	at := t.world.dice.IntN(len(s.instances))
	for range s.instances {
		if p := s.instances[at]; p == nil || len(p.threads) < s.concurrency {
			break
		}
		at = (at + 1) % len(s.instances)
	}
	if p := s.instances[at]; p != nil && len(p.threads) >= s.concurrency {
		s.instances = append(s.instances, nil)
		at = len(s.instances) - 1
	}
	if s.instances[at] == nil {
		p, err := s.build(ctx, t.world)
		if err != nil {
			return nil, err
		}
		s.instances[at] = p
	}
	s.instances[at].enter(t)
	return s.instances[at], nil
}

// forget has the next call build another instance.
func (s *service) forget(p *process) {
	if at := slices.Index(s.instances, p); at >= 0 {
		s.instances[at] = nil
	}
}

func (s *service) build(ctx context.Context, w *World) (*process, error) {
	s.built++
	p := &process{name: s.name + "#" + itoa(s.built), world: w, service: s, skew: w.skew()}
	platform := w.platform(p)
	if w.o.Vary != nil {
		platform = w.o.Vary(s.name, platform)
	}
	h, err := s.construct(ctx, platform)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	if p.handler = h; w.o.Wrap != nil {
		p.handler = w.o.Wrap(w, s.name, h)
	}
	w.trace.note("%s starts, its clock off by %s", p.name, p.skew)
	return p, nil
}

func (p *process) enter(t *Thread) {
	p.threads = append(p.threads, t)
	t.process = p
}

func (p *process) leave(t *Thread) {
	for i, other := range p.threads {
		if other == t {
			p.threads = append(p.threads[:i], p.threads[i+1:]...)
			return
		}
	}
}

// kill ends the process with all that it was at. by, the thread that runs now,
// does not return from it.
func (p *process) kill(by *Thread) {
	p.world.trace.note("%s dies", p.name)
	p.dead = true
	p.service.forget(p)
	for _, t := range p.threads {
		t.killed = true
	}
	p.world.hasten(p.threads)
	by.killed = true
	runtime.Goexit()
}

// Go starts work in the process of ctx's thread that nobody waits for. Nothing
// in the product may do so; a mutant does.
func (w *World) Go(ctx context.Context, name string, work func(context.Context)) {
	by := threadOf(ctx)
	p := by.process
	w.spawn(by.name+" "+name, func(t *Thread) error {
		if p.dead {
			return errDied
		}
		p.enter(t)
		work(t.with(context.WithoutCancel(ctx)))
		p.leave(t)
		return nil
	})
}

// wall is the clock of a process: its hands may be off, its waits are not.
type wall struct{ process *process }

var _ clock.Clock = wall{}

// Now implements clock.Clock.
func (c wall) Now() time.Time { return clock.Real{}.Now().Add(c.process.skew) }

// After implements clock.Clock.
func (c wall) After(d time.Duration) <-chan time.Time { return time.After(d) }
