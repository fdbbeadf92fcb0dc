// Package memory is the bus in memory, for tests and the simulation: it runs on
// a clock.Clock and can break, by a seed, everything that at-least-once
// delivery may break. Nothing survives Close; it is not for production.
package memory

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Options tune New. The zero value is a bus without faults on the real clock.
type Options struct {
	Clock  clock.Clock  // nil means the machine's
	Log    *slog.Logger // nil means no log
	Faults Faults
}

// Bus implements bus.Bus.
type Bus struct {
	deps   delivery.Deps
	faults Faults

	mu     sync.Mutex
	topics map[string]*topic
	subs   map[string]*subscription
	closed chan struct{}
	served sync.WaitGroup
}

type topic struct {
	messages []bus.Message // sequence number n is at n-1
	subs     []*subscription
}

var _ bus.Bus = (*Bus)(nil)

// New returns an empty bus.
func New(o Options) *Bus {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Bus{
		deps: delivery.Deps{Clock: o.Clock, Log: o.Log}, faults: o.Faults,
		topics: map[string]*topic{}, subs: map[string]*subscription{}, closed: make(chan struct{}),
	}
}

// Publish implements bus.Publisher.
func (b *Bus) Publish(ctx context.Context, name string, m bus.Message) (string, error) {
	if err := bus.CheckSize(m); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isClosed() {
		return "", fault.New(fault.Unavailable, "the bus is closed; send again")
	}
	return b.append(name, m), nil
}

// append keeps a copy of m under the next sequence number. The caller holds mu.
func (b *Bus) append(name string, m bus.Message) string {
	t := b.topic(name)
	m.ID = strconv.Itoa(len(t.messages) + 1)
	m.Data = slices.Clone(m.Data)
	m.Attributes = maps.Clone(m.Attributes)
	m.PublishedAt, m.Attempt = b.deps.Clock.Now(), 0
	t.messages = append(t.messages, m)
	for _, s := range t.subs {
		s.notify()
	}
	return m.ID
}

func (b *Bus) topic(name string) *topic {
	t := b.topics[name]
	if t == nil {
		t = &topic{}
		b.topics[name] = t
	}
	return t
}

// Ensure implements bus.Bus. It also makes the dead-letter topic, with a
// subscription of the same name, so that no letter is lost.
func (b *Bus) Ensure(_ context.Context, s bus.Subscription) error {
	s = s.WithDefaults()
	if err := s.Validate(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ensure(s); err != nil || s.Name == s.Topic {
		return err
	}
	return b.ensure(bus.Subscription{Name: s.DeadLetter, Topic: s.DeadLetter})
}

func (b *Bus) ensure(s bus.Subscription) error {
	if old := b.subs[s.Name]; old != nil {
		if old.config.Topic != s.Topic {
			return fault.New(fault.Conflict, "the subscription %s is on topic %s, not %s; give it another name", s.Name, old.config.Topic, s.Topic)
		}
		if s.Name != s.Topic {
			old.config = s
		}
		return nil
	}
	t := b.topic(s.Topic)
	sub := &subscription{
		bus: b, topic: t, config: s, changed: make(chan struct{}, 1),
		acked: map[uint64]bool{}, attempts: map[uint64]int{},
	}
	if len(t.subs) > 0 { // the first takes what nobody has taken yet
		sub.floor = uint64(len(t.messages))
	}
	t.subs = append(t.subs, sub)
	b.subs[s.Name] = sub
	return nil
}

// Serve implements bus.Bus.
func (b *Bus) Serve(ctx context.Context, s bus.Subscription, h bus.Handler) error {
	if err := b.Ensure(ctx, s); err != nil {
		return err
	}
	sub, err := b.claim(s.Name)
	if err != nil {
		return err
	}
	defer b.release(sub)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-b.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return delivery.Serve(ctx, b.deps, s, sub, b.faults.wrap(b.deps.Clock, s, h))
}

func (b *Bus) claim(name string) (*subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := b.subs[name]
	if sub.served || b.isClosed() {
		return nil, fault.New(fault.Conflict, "the subscription %s is served already, or the bus is closed", name)
	}
	sub.served = true
	b.served.Add(1)
	return sub, nil
}

func (b *Bus) release(sub *subscription) {
	b.mu.Lock()
	sub.served = false
	b.mu.Unlock()
	b.served.Done()
}

// Backlog implements bus.Bus.
func (b *Bus) Backlog(_ context.Context, name string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := b.subs[name]
	if sub == nil {
		return 0, fault.New(fault.NotFound, "there is no subscription %s", name)
	}
	waiting := 0
	for i, m := range sub.topic.messages[sub.floor:] {
		if !sub.acked[sub.floor+uint64(i)+1] && sub.config.Matches(m.Attributes) {
			waiting++
		}
	}
	return waiting, nil
}

// Close ends all Serves and refuses what is published later.
func (b *Bus) Close() error {
	b.mu.Lock()
	if !b.isClosed() {
		close(b.closed)
	}
	b.mu.Unlock()
	b.served.Wait()
	return nil
}

func (b *Bus) isClosed() bool {
	select {
	case <-b.closed:
		return true
	default:
		return false
	}
}
