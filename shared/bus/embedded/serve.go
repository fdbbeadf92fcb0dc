package embedded

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Ensure implements bus.Bus. It also makes the dead-letter topic, with a
// subscription of the same name, so that no letter is lost.
func (b *Bus) Ensure(_ context.Context, s bus.Subscription) error {
	s = s.WithDefaults()
	if err := s.Validate(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ensure(s); err != nil {
		return fmt.Errorf("make the subscription %s: %w", s.Name, err)
	}
	keeper := bus.Subscription{Name: s.DeadLetter, Topic: s.DeadLetter}
	if b.subs[keeper.Name] != nil || s.Name == s.Topic {
		return nil
	}
	if err := b.ensure(keeper.WithDefaults()); err != nil {
		return fmt.Errorf("make the dead-letter topic %s: %w", s.DeadLetter, err)
	}
	return nil
}

func (b *Bus) ensure(c bus.Subscription) error {
	config, err := json.Marshal(c)
	if err != nil {
		return err
	}
	old := b.subs[c.Name]
	if old != nil {
		return b.reconfigure(old, c, config)
	}
	t, err := b.topic(c.Topic)
	if err != nil {
		return err
	}
	floor := t.head.Load()
	if len(t.subs) == 0 { // the first takes what nobody has taken yet
		floor = t.first.Load() - 1
	}
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := batch.Set(nameKey(kindConfig, c.Name), config, nil); err != nil {
		return err
	}
	if err := batch.Set(nameKey(kindCursor, c.Name), binary.AppendUvarint(nil, floor), nil); err != nil {
		return err
	}
	if err := b.db.Commit(batch); err != nil {
		return err
	}
	s, err := b.loadSubscription(t, c)
	if err != nil {
		return err
	}
	b.attach(s)
	return nil
}

func (b *Bus) reconfigure(s *subscription, c bus.Subscription, config []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.config.Topic != c.Topic {
		return fault.New(fault.Conflict, "the subscription %s is on topic %s, not %s; give it another name", c.Name, s.config.Topic, c.Topic)
	}
	same := maps.Equal(s.config.Filter, c.Filter)
	old := s.config
	old.Filter, s.config = nil, c
	if c.Filter = nil; same && fmt.Sprint(old) == fmt.Sprint(c) {
		return nil
	}
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := batch.Set(nameKey(kindConfig, c.Name), config, nil); err != nil {
		return err
	}
	return b.db.Commit(batch)
}

// Serve implements bus.Bus.
func (b *Bus) Serve(ctx context.Context, c bus.Subscription, h bus.Handler) error {
	if err := b.Ensure(ctx, c); err != nil {
		return err
	}
	s, err := b.claim(c.Name)
	if err != nil {
		return err
	}
	defer b.release(s)
	if err := s.keepAttempts(); err != nil {
		return fmt.Errorf("serve %s: %w", c.Name, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-b.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return delivery.Serve(ctx, b.deps, c, s, h)
}

func (b *Bus) claim(name string) (*subscription, error) {
	s, err := b.find(name)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.served || b.isClosed() {
		return nil, fault.New(fault.Conflict, "the subscription %s is served already, or the bus is closed", name)
	}
	s.served = true
	b.served.Add(1)
	return s, nil
}

func (b *Bus) release(s *subscription) {
	b.mu.Lock()
	s.served = false
	b.mu.Unlock()
	b.served.Done()
}

// Backlog implements bus.Bus. Numbers are dense, so that it is a subtraction;
// only a subscription with a filter reads its messages.
func (b *Bus) Backlog(_ context.Context, name string) (int, error) {
	s, err := b.find(name)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.config.Filter) == 0 {
		return int(s.topic.head.Load()-s.window.floor) - s.window.above, nil
	}
	waiting := 0
	err = b.eachIn(numberKey(s.topic.list, s.window.floor+1), listEnd(s.topic.list), func(key, value []byte) error {
		e, err := s.entry(number(key), value)
		if err == nil && !s.window.has(e.Seq) && s.config.Matches(e.Message.Attributes) {
			waiting++
		}
		return err
	})
	return waiting, err
}

// Stat is how much waits for one subscription.
type Stat struct {
	Subscription string
	Topic        string
	Backlog      int
}

// Stats tells of every subscription, by name; it is meant for the start.
func (b *Bus) Stats(ctx context.Context) ([]Stat, error) {
	b.mu.Lock()
	names := slices.Sorted(maps.Keys(b.subs))
	b.mu.Unlock()
	stats := make([]Stat, 0, len(names))
	for _, name := range names {
		n, err := b.Backlog(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read the backlog of %s: %w", name, err)
		}
		s, err := b.find(name)
		if err != nil {
			return nil, err
		}
		stats = append(stats, Stat{Subscription: name, Topic: s.topic.name, Backlog: n})
	}
	return stats, nil
}
