package embedded

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/internal/delivery"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
)

// Commit implements delivery.Log. A turn is one batch: acknowledgements,
// attempts, the cursor. It is synced only where a crash must not undo it: a
// failure is counted, a dead letter is published with its acknowledgement.
func (s *subscription) Commit(t *delivery.Turn) error {
	for i := range t.Dead { // each with its acknowledgement, in one batch
		if err := s.bury(&t.Dead[i]); err != nil {
			return err
		}
	}
	batch := s.bus.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := s.record(batch, t); err != nil {
		return err
	}
	sync := pebble.NoSync
	if len(t.Failed) > 0 || s.turns < carefulTurns {
		sync = pebble.Sync
	}
	s.turns++
	s.unsynced = sync == pebble.NoSync
	if err := database.CommitError(batch.Commit(sync)); err != nil {
		return fmt.Errorf("record deliveries of %s: %w", s.config.Name, err)
	}
	s.floor.Store(s.window.floor)
	return s.bus.trim(s.topic)
}

func (s *subscription) bury(letter *delivery.Letter) error {
	batch := s.bus.db.NewBatch()
	defer func() { _ = batch.Close() }()
	if err := s.record(batch, &delivery.Turn{Acked: []uint64{letter.Seq}}); err != nil {
		return err
	}
	s.bus.mu.Lock()
	t, err := s.bus.topic(s.config.DeadLetter)
	s.bus.mu.Unlock()
	if err != nil {
		return err
	}
	if err := s.bus.submit(&request{topic: t, message: letter.Message, with: batch}); err != nil {
		return fmt.Errorf("dead-letter message %d of %s: %w", letter.Seq, s.topic.name, err)
	}
	return nil
}

// record applies a turn to the window and writes what it changed.
func (s *subscription) record(batch *pebble.Batch, t *delivery.Turn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := listKey(kindAttempts, s.config.Name)
	for _, seq := range t.Acked {
		if s.attempts[seq] > 1 {
			if err := batch.Delete(numberKey(counts, seq), nil); err != nil {
				return err
			}
		}
		delete(s.attempts, seq)
		delete(s.underway, seq)
		s.window.add(seq)
	}
	for _, a := range t.Failed {
		delete(s.underway, a.Seq)
		if err := batch.Set(numberKey(counts, a.Seq), binary.AppendUvarint(nil, uint64(a.Count)), nil); err != nil {
			return err
		}
	}
	for _, a := range t.Started {
		s.attempts[a.Seq], s.underway[a.Seq] = a.Count, a.Count
	}
	return s.writeWindow(batch)
}

func (s *subscription) writeWindow(batch *pebble.Batch) error {
	pages := listKey(kindPage, s.config.Name)
	for _, n := range s.window.advance() {
		if err := batch.Delete(numberKey(pages, n), nil); err != nil {
			return err
		}
	}
	for n := range s.window.dirty {
		if s.window.above == 0 {
			break // the floor says it all; the page is written when needed
		}
		if err := batch.Set(numberKey(pages, n), s.window.pages[n].encode(), nil); err != nil {
			return err
		}
	}
	clear(s.window.dirty)
	cursor := binary.AppendUvarint(make([]byte, 0, 64), s.window.floor)
	for seq, count := range s.underway {
		cursor = binary.AppendUvarint(binary.AppendUvarint(cursor, seq), uint64(count))
	}
	return batch.Set(nameKey(kindCursor, s.config.Name), cursor, nil)
}

// keepAttempts writes what a crash left under way as failed attempts, before a
// new cursor record forgets them.
func (s *subscription) keepAttempts() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns = 0
	batch := s.bus.db.NewBatch()
	defer func() { _ = batch.Close() }()
	counts := listKey(kindAttempts, s.config.Name)
	clear(s.underway)
	for seq, count := range s.attempts {
		if s.window.has(seq) {
			delete(s.attempts, seq)
			continue
		}
		if err := batch.Set(numberKey(counts, seq), binary.AppendUvarint(nil, uint64(count)), nil); err != nil {
			return err
		}
	}
	if batch.Empty() {
		return nil
	}
	return s.bus.db.Commit(batch)
}

// Settle implements delivery.Log: in a pause the acknowledgements are synced,
// so that a start after a kill finds only what was not done.
func (s *subscription) Settle() error {
	if !s.unsynced {
		return nil
	}
	s.unsynced = false
	return database.CommitError(s.bus.db.LogData(nil, pebble.Sync))
}
