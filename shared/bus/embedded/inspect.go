package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Subscriptions implements bus.Inspector.
func (b *Bus) Subscriptions(context.Context) ([]bus.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []bus.Subscription
	for _, name := range slices.Sorted(maps.Keys(b.subs)) {
		s := b.subs[name]
		s.mu.Lock()
		if s.config.Name != s.config.Topic {
			found = append(found, s.config)
		}
		s.mu.Unlock()
	}
	return found, nil
}

// Peek implements bus.Inspector.
func (b *Bus) Peek(_ context.Context, subscription, after string, limit int) ([]bus.Message, error) {
	s, err := b.find(subscription)
	if err != nil {
		return nil, err
	}
	last, _ := strconv.ParseUint(after, 10, 63) // "" is before the first
	limit = min(limit, bus.MaxPeek)
	found := make([]bus.Message, 0, limit)
	for len(found) < limit {
		entries, err := s.Scan(last, limit) // may be short because messages are large
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			if last = e.Seq; len(found) < limit && s.takes(e.Message) {
				found = append(found, e.Message)
			}
		}
	}
	return found, nil
}

func (s *subscription) takes(m bus.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.Matches(m.Attributes)
}

// Remove implements bus.Inspector. It holds the subscription as Serve does, so
// that no loop has the message in its hands.
func (b *Bus) Remove(_ context.Context, subscription, id string) error {
	s, err := b.claim(subscription)
	if err != nil {
		return err
	}
	defer b.release(s)
	seq, err := strconv.ParseUint(id, 10, 63)
	if err != nil || !s.holds(seq) {
		return fault.New(fault.NotFound, "message %s does not wait for %s", id, subscription)
	}
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := s.record(batch, &delivery.Turn{Acked: []uint64{seq}}); err != nil {
		return err
	}
	if err := b.db.Commit(batch); err != nil {
		return fmt.Errorf("take message %s from %s: %w", id, subscription, err)
	}
	s.mu.Lock()
	s.floor.Store(s.window.floor)
	s.mu.Unlock()
	return b.trim(s.topic)
}

// holds reports whether the message waits.
func (s *subscription) holds(seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return seq > s.window.floor && seq <= s.topic.head.Load() && !s.window.has(seq)
}
