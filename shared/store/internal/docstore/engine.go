// Package docstore is the document store on any ordered map of keys to values:
// transactions, indexes, queries and watches are written once, and a driver
// brings the map. It is no driver by itself.
//
// Keys of the map, c being the collection and \x00 the separator:
//
//	d c \x00 id                           version (8 bytes) and the document's JSON
//	i c \x00 fields \x00 values… id       nothing: the entry of an index
package docstore

import "iter"

// Write is one change of the map; a nil Value deletes.
type Write struct {
	Key   []byte
	Value []byte
}

// Engine is the ordered map.
type Engine interface {
	// Snapshot returns a view that later writes do not change.
	Snapshot() Snapshot
	// Get returns the value now; nil if there is none.
	Get(key []byte) ([]byte, error)
	// Apply makes all writes visible at once. wait returns when they are
	// durable. Calls of Apply do not overlap; those of wait do.
	Apply(writes []Write) (wait func() error, err error)
}

// Snapshot is a view of the map.
type Snapshot interface {
	Get(key []byte) ([]byte, error)
	// Lookup is for many keys that mostly ascend: get is Get, but what it
	// returns is valid until the next call. close ends it.
	Lookup() (get func(key []byte) ([]byte, error), closeFn func() error)
	// Scan yields the keys in [lo, hi) with their values, in order or in
	// reverse. What it yields is valid until the next step.
	Scan(lo, hi []byte, reverse bool) iter.Seq2[Pair, error]
	Close() error
}

// Pair is what a scan yields.
type Pair struct{ Key, Value []byte }
