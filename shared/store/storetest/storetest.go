// Package storetest is the conformance suite of the store port: what
// shared/store promises, every driver does.
package storetest

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Schema is what a store under test must serve.
var Schema = store.Schema{
	{Collection: "things", Fields: []string{"size"}},
	{Collection: "things", Fields: []string{"made_at"}},
	{Collection: "things", Fields: []string{"color", "size"}},
	{Collection: "things", Fields: []string{"color"}},
	{Collection: "runs", Fields: []string{"policy", "started_at"}},
}

// Options say what a driver cannot do at full size.
type Options struct {
	// Writers is how many write one document at once; 0 means 32. Firestore's
	// emulator takes seconds for each conflict.
	Writers int
	// Locks says that a read locks what it read, so that a conflicting writer
	// waits instead of winning: conflicts cannot be made at a chosen moment.
	Locks bool
}

// thing is the document of the suite.
type thing struct {
	Name   string         `json:"name"`
	Color  string         `json:"color,omitempty"`
	Size   any            `json:"size,omitempty"`
	Made   string         `json:"made_at,omitempty"`
	Nested map[string]any `json:"nested,omitempty"`
}

// Run runs the suite. open returns a store that has no documents.
func Run(t *testing.T, o Options, open func(t *testing.T) store.Store) {
	t.Helper()
	if o.Writers == 0 {
		o.Writers = 32
	}
	tests := map[string]func(*testing.T, store.Store){
		"documents":           testDocuments,
		"versions":            testVersions,
		"read at":             testReadAt,
		"refusals":            testRefusals,
		"values come back":    testValues,
		"collections":         testCollections,
		"comparisons":         testComparisons,
		"order":               testOrder,
		"time order":          testTimeOrder,
		"pages":               testPages,
		"pages under writes":  testPagesUnderWrites,
		"bad queries":         testBadQueries,
		"no index":            testNoIndex,
		"atomic":              testAtomic,
		"reads before writes": testReadsBeforeWrites,
		"snapshot":            testSnapshot,
		"watch":               testWatch,
		"watch ends":          testWatchEnds,
		"lost updates":        func(t *testing.T, s store.Store) { t.Helper(); testLostUpdates(t, s, o.Writers) },
		"phantoms":            func(t *testing.T, s store.Store) { t.Helper(); testPhantoms(t, s, o.Writers) },
		"create once":         func(t *testing.T, s store.Store) { t.Helper(); testCreateOnce(t, s, o.Writers) },
	}
	if !o.Locks {
		tests["conflicts"] = testConflicts
		tests["hopeless"] = testHopeless
		tests["snapshot of two"] = testSnapshotOfTwo
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			test(t, s)
		})
	}
}
