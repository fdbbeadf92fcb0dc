// Package store is the port to the document database: documents in
// collections, serialisable transactions, queries that an index serves, and
// watches. Drivers: store/memory, store/embedded (pebble), store/firestore;
// all pass store/storetest. It is no object mapper: values are JSON structs.
//
// Field names are the JSON names. A top-level field whose name ends in "_at"
// is a timestamp (RFC 3339); Firestore stores it as such, and every driver
// orders it by time.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"
)

// MaxDocumentBytes is the limit of one document, Firestore's 1 MiB less room
// for its field overhead. Bigger values belong in the blob store.
const MaxDocumentBytes = 900 << 10

// MaxPage is the largest page that a query returns.
const MaxPage = 1000

// Errors that drivers return, wrapped with what was being done.
var (
	ErrNotFound = errors.New("document not found")
	ErrExists   = errors.New("document already exists")
	ErrConflict = errors.New("transaction kept losing to others") // retries used up
	ErrNoIndex  = errors.New("no index serves this query")
	ErrTooLarge = errors.New("document is over the size limit")
)

// Key names a document. Collection may be nested: "agents/reposync/history".
type Key struct {
	Collection string
	ID         string // 1 to 512 bytes, no "/" and not "." or ".."
}

// String returns "collection/id".
func (k Key) String() string { return k.Collection + "/" + k.ID }

// Document is a stored value with the version that a write made.
type Document struct {
	Key     Key
	Version uint64 // grows with every write that changes the document, also after a Delete
	Data    json.RawMessage
	// ReadAt is when it was read, by the store's own clock: one for all who use
	// the store, and it never goes back. Zero if the driver has none.
	ReadAt time.Time
}

// Op compares a field with a value.
type Op string

// The comparisons that every driver supports.
const (
	Eq Op = "=="
	Lt Op = "<"
	Le Op = "<="
	Gt Op = ">"
	Ge Op = ">="
)

// Filter is one comparison. Value is a string, bool, int, int64, float64 or
// time.Time.
type Filter struct {
	Field string
	Op    Op
	Value any
}

// Query asks for documents of one collection. Range filters must be on the
// OrderBy field; with OrderBy empty the order is by id, ascending only, as
// Firestore scans them. Ties are broken by id.
type Query struct {
	Collection string
	Where      []Filter
	OrderBy    string
	Desc       bool
	Limit      int    // 1 to MaxPage; 0 means 50
	Cursor     string // Page.Next of the page before; "" for the first
}

// Page is one page of a query's answer.
type Page struct {
	Documents []Document
	Next      string // "" on the last page
}

// Reader reads documents. Get returns ErrNotFound when there is none.
type Reader interface {
	Get(ctx context.Context, key Key) (Document, error)
	Query(ctx context.Context, q Query) (Page, error)
}

// Tx is a transaction: reads see one snapshot, and the writes are applied all
// or none, only if nothing that was read (phantoms of queries included) has
// changed. Reads come before writes. Values are marshalled to JSON objects.
type Tx interface {
	Reader
	Create(key Key, value any) error // fails the commit with ErrExists
	Put(key Key, value any) error
	Delete(key Key) error // no error if there is none
}

// Change is what a watch reports. Deleted changes carry the key only.
type Change struct {
	Document Document
	Deleted  bool
}

// Store is the port.
type Store interface {
	Reader
	// Run calls fn in a transaction and commits, again from the start when it
	// lost to another; fn must have no other effect. It returns when the
	// commit is durable. fn's own error ends it without a commit.
	Run(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// Watch yields the documents of q as they are now, then each change, until
	// ctx ends or the consumer stops. Changes of one document come in order; a
	// slow consumer may miss intermediate states, never the last one.
	Watch(ctx context.Context, q Query) iter.Seq2[Change, error]
	Close() error
}
