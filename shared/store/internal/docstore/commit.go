package docstore

import (
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// commit checks that nothing tx read has changed, applies its writes, and
// waits, without the lock, until they are durable.
func (s *Store) commit(tx *transaction) error {
	if s.o.Before != nil {
		if err := s.o.Before(); err != nil {
			return err
		}
	}
	wait, err := s.apply(tx)
	if err != nil {
		return err
	}
	if err := wait(); err != nil {
		return err
	}
	if s.o.After != nil {
		return s.o.After()
	}
	return nil
}

func (s *Store) apply(tx *transaction) (wait func() error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.history.unchanged(tx) {
		return nil, errLost
	}
	writes, err := s.resolve(tx)
	if err != nil {
		return nil, err
	}
	if wait, err = s.engine.Apply(writes); err != nil {
		return nil, err
	}
	s.history.add(writes)
	for _, w := range tx.writes {
		s.watches.changed(w.key)
	}
	return wait, nil
}

// resolve turns documents into writes of the map, their index entries
// included.
func (s *Store) resolve(tx *transaction) ([]Write, error) {
	writes := make([]Write, 0, 4*len(tx.writes))
	for _, w := range tx.writes {
		key := docKey(w.key)
		old, err := s.old(tx, key)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", w.key, err)
		}
		if old != nil && w.create {
			return nil, fmt.Errorf("create %s: %w", w.key, store.ErrExists)
		}
		var version uint64
		var oldData []byte
		if old != nil {
			doc, err := decode(w.key, old)
			if err != nil {
				return nil, err
			}
			version, oldData = doc.Version, doc.Data
		}
		var value []byte
		if w.data != nil {
			value = encode(s.next(version), w.data)
		}
		if old == nil && value == nil {
			continue
		}
		writes = append(writes, Write{Key: key, Value: value})
		writes = s.reindex(writes, w, oldData)
	}
	return writes, nil
}

// old returns what is at key now. What the transaction read there has not
// changed since, or it would have lost.
func (s *Store) old(tx *transaction, key []byte) ([]byte, error) {
	if was := tx.keys[string(key)]; was.known {
		return was.value, nil
	}
	return s.engine.Get(key)
}

// next returns a version over all before, also over that of a document that
// was deleted and is made again: the time, or one more than the newest.
func (s *Store) next(old uint64) uint64 {
	now := uint64(max(0, s.o.Clock.Now().UnixMicro()))
	s.version = max(s.version+1, old+1, now)
	return s.version
}

// reindex adds the changes of the index entries from oldData to w's.
func (s *Store) reindex(writes []Write, w write, oldData []byte) []Write {
	for _, i := range s.byName[w.key.Collection] {
		var was, is []byte
		var had, has bool
		if oldData != nil {
			was, had = entry(i, w.key.ID, oldData)
		}
		if w.data != nil {
			is, has = entry(i, w.key.ID, w.data)
		}
		if had && has && string(was) == string(is) {
			continue
		}
		if had {
			writes = append(writes, Write{Key: was})
		}
		if has {
			writes = append(writes, Write{Key: is, Value: []byte{}})
		}
	}
	return writes
}
