package docstore

import (
	"bytes"
	"errors"
)

// errLost says that a transaction read what another has changed since.
var errLost = errors.New("lost to another transaction")

// remembered is how many commits the history keeps. A transaction that began
// before the oldest of them is run again.
const remembered = 4096

// history remembers which keys the last commits wrote, so that a commit can
// tell whether what it read has changed (backward validation; Kung and
// Robinson, "On optimistic methods for concurrency control", 1981).
type history struct {
	last    uint64 // number of the newest commit
	commits [remembered][][]byte
}

func (h *history) add(writes []Write) {
	keys := make([][]byte, len(writes))
	for i, w := range writes {
		keys[i] = w.Key
	}
	h.last++
	h.commits[h.last%remembered] = keys
}

// unchanged reports whether no commit since t's snapshot wrote what t read.
func (h *history) unchanged(t *transaction) bool {
	if len(t.keys) == 0 && len(t.spans) == 0 {
		return true
	}
	if h.last-t.start > remembered {
		return false
	}
	for n := t.start + 1; n <= h.last; n++ {
		for _, key := range h.commits[n%remembered] {
			if t.read(key) {
				return false
			}
		}
	}
	return true
}

func (t *transaction) read(key []byte) bool {
	if _, ok := t.keys[string(key)]; ok {
		return true
	}
	for _, s := range t.spans {
		if bytes.Compare(key, s.lo) >= 0 && bytes.Compare(key, s.hi) < 0 {
			return true
		}
	}
	return false
}
