package pubsub

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"cloud.google.com/go/pubsub/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// outstanding is how many messages are pulled at once: many more than workers,
// since those behind a busy key count too and must not starve the others.
const outstanding = 1000

// Serve implements bus.Bus.
func (b *Bus) Serve(ctx context.Context, s bus.Subscription, h bus.Handler) error {
	s = s.WithDefaults()
	if err := b.Ensure(ctx, s); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !b.enter(&cancel) {
		return fault.New(fault.Unavailable, "the bus is closed")
	}
	defer b.leave(&cancel)
	r := b.client.Subscriber(s.Name)
	r.ReceiveSettings.MaxOutstandingMessages = max(outstanding, 2*s.Workers)
	r.ReceiveSettings.NumGoroutines = 1
	v := &server{
		Bus: b, sub: s, handler: h, workers: make(chan struct{}, s.Workers), tries: map[string]int{},
		stopping: ctx.Done(), base: context.WithoutCancel(ctx),
	}
	if err := r.Receive(ctx, func(_ context.Context, m *pubsub.Message) { v.receive(m) }); err != nil {
		return fmt.Errorf("receive from %s: %w", s.Name, kinded(err))
	}
	return nil
}

func (b *Bus) enter(cancel *context.CancelFunc) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.cancels[cancel] = true
	b.served.Add(1)
	return true
}

func (b *Bus) leave(cancel *context.CancelFunc) {
	b.mu.Lock()
	delete(b.cancels, cancel)
	b.mu.Unlock()
	b.served.Done()
}

// server is one Serve.
type server struct {
	*Bus
	sub      bus.Subscription
	handler  bus.Handler
	workers  chan struct{}
	stopping <-chan struct{}
	base     context.Context // of the handlers: outlives the end of Serve

	mu    sync.Mutex
	tries map[string]int // failed attempts by message id, where the server does not count
}

// receive handles one message to its end: acknowledged, given back, or buried.
func (v *server) receive(p *pubsub.Message) {
	m := bus.Message{
		ID: p.ID, Data: p.Data, Attributes: p.Attributes, OrderingKey: p.OrderingKey,
		PublishedAt: p.PublishTime.UTC(), Attempt: v.attempt(p),
	}
	if !v.sub.Matches(m.Attributes) { // the emulator ignores filters
		p.Ack()
		return
	}
	for {
		select {
		case <-v.stopping: // both may be ready
			p.Nack()
			return
		default:
		}
		select {
		case v.workers <- struct{}{}:
		case <-v.stopping:
			p.Nack()
			return
		}
		err := v.call(m)
		<-v.workers
		if v.settle(p, &m, err) {
			return
		}
	}
}

// settle decides what follows a call. It reports false to have it called again
// in place, after the back-off.
func (v *server) settle(p *pubsub.Message, m *bus.Message, err error) bool {
	if err == nil {
		v.note(m.ID, 0)
		p.Ack()
		return true
	}
	v.log.LogAttrs(v.base, slog.LevelWarn, "delivery failed", slog.String("subscription", v.sub.Name),
		slog.String("message_id", m.ID), slog.Int("attempt", m.Attempt), slog.Any("error", err))
	if m.Attempt >= v.sub.MaxAttempts {
		if _, err := v.Publish(v.base, v.sub.DeadLetter, v.sub.Letter(*m, m.Attempt, err)); err != nil {
			v.log.LogAttrs(v.base, slog.LevelError, "dead letter not published", slog.String("subscription", v.sub.Name),
				slog.String("message_id", m.ID), slog.Any("error", err))
			p.Nack()
			return true
		}
		v.note(m.ID, 0)
		p.Ack()
		return true
	}
	v.note(m.ID, m.Attempt)
	if !v.sub.Ordered || m.OrderingKey == "" {
		p.Nack() // the server backs off, and counts
		return true
	}
	select {
	case <-v.clock.After(v.sub.Backoff(m.Attempt)):
		m.Attempt++
		return false
	case <-v.stopping:
		p.Nack()
		return true
	}
}

// attempt is the larger of the server's count and our own: the server's is
// durable, ours sees the attempts in place.
func (v *server) attempt(p *pubsub.Message) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := v.tries[p.ID] + 1
	if p.DeliveryAttempt != nil {
		n = max(n, *p.DeliveryAttempt)
	}
	return n
}

func (v *server) note(id string, failed int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if failed == 0 {
		delete(v.tries, id)
		return
	}
	v.tries[id] = failed
}

// call runs the handler for at most the deadline. One that does not heed its
// context is left behind.
func (v *server) call(m bus.Message) error {
	ctx, cancel := context.WithCancelCause(v.base)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- bus.ErrPanic(fmt.Sprintf("%v\n%s", p, debug.Stack()))
			}
		}()
		done <- v.handler(ctx, m)
	}()
	select {
	case err := <-done:
		return err
	case <-v.clock.After(v.sub.AckDeadline):
		cancel(context.DeadlineExceeded)
		return bus.ErrNoAnswer(v.sub.AckDeadline)
	}
}
