// Package embedded is the bus of one machine: a log for each topic and a cursor
// for each subscription, in the database that the store uses too. A publish is
// on disk when it returns; concurrent ones share an fsync. It is no broker:
// one process publishes and serves. Why it is not one: docs/adr/0003.
//
// Acknowledgements are not synced. One that a crash takes back has its message
// delivered again, which at-least-once permits and handlers must bear anyhow;
// syncing each would cost a handler's fsync for every message.
package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Options tune New.
type Options struct {
	Clock clock.Clock  // nil means the machine's
	Log   *slog.Logger // nil means no log
}

// Bus implements bus.Bus.
type Bus struct {
	db   *database.DB
	deps delivery.Deps

	mu     sync.Mutex // guards topics, subs and each topic's subs
	topics map[string]*topic
	subs   map[string]*subscription

	open     sync.RWMutex // held to read while sending to requests
	closing  bool
	requests chan *request
	written  chan struct{}
	encoded  []byte // the writer's buffer
	closed   chan struct{}
	served   sync.WaitGroup
}

var _ bus.Bus = (*Bus)(nil)

// New opens the bus that db holds. The caller closes db after the bus.
func New(db *database.DB, o Options) (*Bus, error) {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bus{
		db: db, deps: delivery.Deps{Clock: o.Clock, Log: o.Log},
		topics: map[string]*topic{}, subs: map[string]*subscription{},
		requests: make(chan *request, groupMessages), written: make(chan struct{}), closed: make(chan struct{}),
	}
	if err := b.load(); err != nil {
		return nil, fmt.Errorf("open the bus: %w", err)
	}
	go b.write()
	return b, nil
}

// load reads every subscription, and with it its topic.
func (b *Bus) load() error {
	return b.each(kindConfig, func(_, value []byte) error {
		var c bus.Subscription
		if err := json.Unmarshal(value, &c); err != nil {
			return fmt.Errorf("read a subscription: %w", err)
		}
		t, err := b.topic(c.Topic)
		if err != nil {
			return err
		}
		s, err := b.loadSubscription(t, c)
		if err != nil {
			return fmt.Errorf("read the subscription %s: %w", c.Name, err)
		}
		b.attach(s)
		return nil
	})
}

func (b *Bus) attach(s *subscription) {
	b.subs[s.config.Name] = s
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	s.topic.subs = append(s.topic.subs, s)
}

// each calls f with all keys of a kind.
func (b *Bus) each(kind byte, f func(key, value []byte) error) error {
	lower, upper := kindRange(kind)
	return b.eachIn(lower, upper, f)
}

func (b *Bus) eachIn(lower, upper []byte, f func(key, value []byte) error) error {
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if err := f(it.Key(), value); err != nil {
			return err
		}
	}
	return it.Error()
}

// Publish implements bus.Publisher. A topic that nobody has subscribed to keeps
// its last messages for its first subscriber. When ctx ends first, the message
// may be durable all the same.
func (b *Bus) Publish(ctx context.Context, name string, m bus.Message) (string, error) {
	if err := bus.CheckSize(m); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b.mu.Lock()
	t, err := b.topic(name)
	b.mu.Unlock()
	if err != nil {
		return "", err
	}
	r := &request{topic: t, message: m}
	if err := b.submit(r); err != nil {
		return "", fmt.Errorf("publish to %s: %w", name, err)
	}
	return r.id, b.trim(t)
}

// Close ends all Serves and waits for what is being published.
func (b *Bus) Close() error {
	b.mu.Lock()
	if b.isClosed() {
		b.mu.Unlock()
		return nil
	}
	close(b.closed)
	b.mu.Unlock()
	b.served.Wait()
	b.open.Lock()
	b.closing = true
	close(b.requests)
	b.open.Unlock()
	<-b.written
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

func (b *Bus) find(name string) (*subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.subs[name]; s != nil {
		return s, nil
	}
	return nil, fault.New(fault.NotFound, "there is no subscription %s", name)
}
