package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

const (
	// trimEvery is how many messages are deleted at once: one range tombstone
	// for as many, and no more than these kept in vain.
	trimEvery = 512
	// unclaimedLimit is how many messages a topic without a subscription keeps.
	unclaimedLimit = 10_000
)

// topic is a log with dense sequence numbers from first to head.
type topic struct {
	name string
	list []byte // start of its keys
	head atomic.Uint64

	mu    sync.Mutex
	subs  []*subscription
	first atomic.Uint64 // the first that is kept; written under mu
}

// topic returns the topic, read from disk at first. The caller holds b.mu, or
// is New.
func (b *Bus) topic(name string) (*topic, error) {
	if t := b.topics[name]; t != nil {
		return t, nil
	}
	if err := (bus.Subscription{Name: name, Topic: name}).Validate(); err != nil {
		return nil, err
	}
	t := &topic{name: name, list: listKey(kindMessage, name)}
	value, closer, err := b.db.Get(nameKey(kindTopic, name))
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		t.first.Store(1)
	case err != nil:
		return nil, fmt.Errorf("read the topic %s: %w", name, err)
	default:
		t.first.Store(binary.BigEndian.Uint64(value))
		closer.Close()
	}
	t.head.Store(t.first.Load() - 1)
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: t.list, UpperBound: listEnd(t.list)})
	if err != nil {
		return nil, fmt.Errorf("read the topic %s: %w", name, err)
	}
	if it.Last() {
		t.head.Store(number(it.Key()))
	}
	if err := it.Close(); err != nil {
		return nil, fmt.Errorf("read the topic %s: %w", name, err)
	}
	b.topics[name] = t
	return t, nil
}

func (t *topic) notify() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.subs {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
}

// trim deletes what every subscription has acknowledged. It is not synced: the
// cursors it relies on come earlier in the write-ahead log.
func (b *Bus) trim(t *topic) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, next := t.first.Load(), t.floor()+1
	if next < first+trimEvery {
		return nil
	}
	batch := b.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := batch.DeleteRange(numberKey(t.list, first), numberKey(t.list, next), nil); err != nil {
		return err
	}
	if err := batch.Set(nameKey(kindTopic, t.name), binary.BigEndian.AppendUint64(nil, next), nil); err != nil {
		return err
	}
	if err := batch.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("trim the topic %s: %w", t.name, err)
	}
	t.first.Store(next)
	return nil
}

// floor is the last message that nobody needs.
func (t *topic) floor() uint64 {
	head := t.head.Load()
	if len(t.subs) == 0 {
		return max(head, unclaimedLimit) - unclaimedLimit
	}
	floor := head
	for _, s := range t.subs {
		floor = min(floor, s.floor.Load())
	}
	return floor
}
