package memory

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Subscriptions implements bus.Inspector.
func (b *Bus) Subscriptions(context.Context) ([]bus.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []bus.Subscription
	for _, s := range b.subs {
		if s.config.Name != s.config.Topic {
			found = append(found, s.config)
		}
	}
	slices.SortFunc(found, func(x, y bus.Subscription) int { return cmp.Compare(x.Name, y.Name) })
	return found, nil
}

// Peek implements bus.Inspector.
func (b *Bus) Peek(_ context.Context, subscription, after string, limit int) ([]bus.Message, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := b.subs[subscription]
	if sub == nil {
		return nil, fault.New(fault.NotFound, "there is no subscription %s", subscription)
	}
	var found []bus.Message
	last, _ := strconv.ParseUint(after, 10, 63) // "" is before the first
	for seq := max(last, sub.floor) + 1; seq <= uint64(len(sub.topic.messages)) && len(found) < min(limit, bus.MaxPeek); seq++ {
		if m := sub.topic.messages[seq-1]; !sub.acked[seq] && sub.config.Matches(m.Attributes) {
			found = append(found, m)
		}
	}
	return found, nil
}

// Remove implements bus.Inspector.
func (b *Bus) Remove(_ context.Context, subscription, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := b.subs[subscription]
	seq, err := strconv.ParseUint(id, 10, 63)
	switch {
	case sub == nil:
		return fault.New(fault.NotFound, "there is no subscription %s", subscription)
	case err != nil || seq <= sub.floor || seq > uint64(len(sub.topic.messages)) || sub.acked[seq]:
		return fault.New(fault.NotFound, "message %s does not wait for %s", id, subscription)
	case sub.served:
		return fault.New(fault.Conflict, "the subscription %s is being served; its handler takes its messages", subscription)
	}
	sub.ack(seq)
	sub.advance()
	return nil
}
