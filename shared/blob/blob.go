// Package blob is the port to the blob store: immutable bytes under a key, as
// Cloud Storage has them. Drivers: blob/memory, blob/folder; all pass
// blob/blobtest. It is not for documents that change: those are in the store.
package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors that drivers return, wrapped with what was being done.
var (
	ErrNotFound = errors.New("blob not found")
	ErrExists   = errors.New("blob already exists")
	ErrKey      = errors.New("blob key is not valid")
)

// Info describes a blob.
type Info struct {
	Key       string
	Size      int64
	CreatedAt time.Time
}

// Store is the port. Keys are slash-separated paths of [A-Za-z0-9._-]
// segments, at most 512 bytes, no segment "." or "..".
type Store interface {
	// Put stores what r yields, durably, all or nothing; ErrExists if the key
	// is taken (a blob never changes).
	Put(ctx context.Context, key string, r io.Reader) error
	// Get opens the blob; the caller closes it.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes the blob; no error if there is none.
	Delete(ctx context.Context, key string) error
	// List returns up to limit infos under prefix in key order, after cursor.
	List(ctx context.Context, prefix, cursor string, limit int) (infos []Info, next string, err error)
}
