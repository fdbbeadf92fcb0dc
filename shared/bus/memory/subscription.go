package memory

import (
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
)

// subscription implements delivery.Log under the bus's lock.
type subscription struct {
	bus      *Bus
	topic    *topic
	config   bus.Subscription
	changed  chan struct{}
	served   bool
	floor    uint64          // all up to here are acknowledged
	acked    map[uint64]bool // above it
	attempts map[uint64]int
}

func (s *subscription) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Changed implements delivery.Log.
func (s *subscription) Changed() <-chan struct{} { return s.changed }

// Settle implements delivery.Log; there is nothing to write.
func (s *subscription) Settle() error { return nil }

// Scan implements delivery.Log.
func (s *subscription) Scan(after uint64, limit int) ([]delivery.Entry, error) {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	var found []delivery.Entry
	for seq := max(after, s.floor) + 1; seq <= uint64(len(s.topic.messages)) && len(found) < limit; seq++ {
		if !s.acked[seq] {
			found = append(found, s.entry(seq))
		}
	}
	return found, nil
}

// Load implements delivery.Log.
func (s *subscription) Load(seq uint64) (delivery.Entry, error) {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	return s.entry(seq), nil
}

func (s *subscription) entry(seq uint64) delivery.Entry {
	m := s.topic.messages[seq-1]
	m.Attempt = s.attempts[seq]
	return delivery.Entry{Seq: seq, Message: m}
}

// Commit implements delivery.Log.
func (s *subscription) Commit(t *delivery.Turn) error {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	for _, letter := range t.Dead {
		s.bus.append(s.config.DeadLetter, letter.Message)
		s.ack(letter.Seq)
	}
	for _, seq := range t.Acked {
		s.ack(seq)
	}
	for _, a := range t.Started {
		s.attempts[a.Seq] = a.Count
	}
	s.advance()
	return nil
}

// advance moves the floor up to the first that is not acknowledged.
func (s *subscription) advance() {
	for s.acked[s.floor+1] {
		s.floor++
		delete(s.acked, s.floor)
	}
}

func (s *subscription) ack(seq uint64) {
	s.acked[seq] = true
	delete(s.attempts, seq)
}
