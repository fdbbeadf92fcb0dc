package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
)

// carefulTurns is how many of a Serve's first turns are synced. A message that
// kills the process at once would otherwise be counted in a log that dies with
// it, and kill the process for ever.
const carefulTurns = 64

// subscription is a cursor; it implements delivery.Log.
type subscription struct {
	bus     *Bus
	topic   *topic
	changed chan struct{}
	floor   atomic.Uint64 // window.floor, for trim

	mu       sync.Mutex // guards the rest
	config   bus.Subscription
	served   bool
	window   *window
	attempts map[uint64]int // begun and not acknowledged
	underway map[uint64]int // the part of attempts that is in the cursor record
	turns    int            // since Serve
	unsynced bool
}

// Changed implements delivery.Log.
func (s *subscription) Changed() <-chan struct{} { return s.changed }

// Scan implements delivery.Log.
func (s *subscription) Scan(after uint64, limit int) ([]delivery.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, last := max(after, s.window.floor)+1, s.topic.head.Load()
	if first > last {
		return nil, nil
	}
	it, err := s.bus.db.NewIter(&pebble.IterOptions{
		LowerBound: numberKey(s.topic.list, first), UpperBound: numberKey(s.topic.list, last+1),
	})
	if err != nil {
		return nil, fmt.Errorf("read the topic %s: %w", s.topic.name, err)
	}
	defer func() { _ = it.Close() }()
	entries, size := make([]delivery.Entry, 0, min(limit, int(last-first)+1)), 0
	for ok := it.First(); ok && len(entries) < limit; ok = it.Next() {
		seq := number(it.Key())
		if s.window.has(seq) {
			continue
		}
		e, err := s.entry(seq, it.Value())
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
		if size += len(e.Message.Data); size > groupBytes { // few large ones: keep memory small
			s.renotify()
			break
		}
	}
	return entries, it.Error()
}

// renotify has the loop scan again although the scan was short.
func (s *subscription) renotify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Load implements delivery.Log.
func (s *subscription) Load(seq uint64) (delivery.Entry, error) {
	value, closer, err := s.bus.db.Get(numberKey(s.topic.list, seq))
	if err != nil {
		return delivery.Entry{}, fmt.Errorf("read message %d of %s: %w", seq, s.topic.name, err)
	}
	defer closer.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entry(seq, value)
}

func (s *subscription) entry(seq uint64, value []byte) (delivery.Entry, error) {
	m, err := readMessage(value)
	if err != nil {
		return delivery.Entry{}, fmt.Errorf("read message %d of %s: %w", seq, s.topic.name, err)
	}
	m.ID, m.Attempt = strconv.FormatUint(seq, 10), s.attempts[seq]
	return delivery.Entry{Seq: seq, Message: m}, nil
}

// loadSubscription reads a cursor. What was under way when the process ended
// keeps its count.
func (b *Bus) loadSubscription(t *topic, c bus.Subscription) (*subscription, error) {
	s := &subscription{
		bus: b, topic: t, config: c, changed: make(chan struct{}, 1),
		attempts: map[uint64]int{}, underway: map[uint64]int{},
	}
	value, closer, err := b.db.Get(nameKey(kindCursor, c.Name))
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	r := reader{rest: value}
	s.window = newWindow(max(r.number(), t.first.Load()-1))
	for len(r.rest) > 0 {
		seq := r.number()
		s.attempts[seq] = int(r.number())
	}
	pages, counts := listKey(kindPage, c.Name), listKey(kindAttempts, c.Name)
	bad := b.eachIn(pages, listEnd(pages), func(k, v []byte) error {
		if !s.window.load(number(k), v) {
			return errCorrupt
		}
		return nil
	})
	worse := b.eachIn(counts, listEnd(counts), func(k, v []byte) error {
		n, _ := binary.Uvarint(v)
		s.attempts[number(k)] = max(int(n), s.attempts[number(k)])
		return nil
	})
	s.window.advance()
	s.floor.Store(s.window.floor)
	if r.bad {
		bad = errCorrupt
	}
	return s, errors.Join(bad, worse)
}
