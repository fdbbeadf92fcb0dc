// Package folder keeps blobs as files beneath one folder, compressed, for one
// machine. A blob is written beside its place, synced, then linked into it, so
// that a crash leaves all of it or none. os.Root keeps every access inside the
// folder, whatever a symbolic link says.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Suffix ends every blob's file: what lacks it is none, and a key may be the
// folder of another.
const suffix = ".zst"

// staging is where blobs are written first. "+" is in no key.
const staging = "+staging"

// Store implements blob.Store.
type Store struct {
	root *os.Root
	next atomic.Uint64 // names staged files
}

var _ blob.Store = (*Store)(nil)

// New opens or creates the store in dir and clears what a crash left half
// written. One process may have it at a time: the data folder's lock says so.
func New(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot create the blob folder %s; choose another data folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot open the blob folder %s; choose another data folder", dir)
	}
	if err := errors.Join(root.RemoveAll(staging), root.Mkdir(staging, 0o700)); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Unavailable, err, "cannot write to the blob folder %s; choose another data folder", dir), root.Close())
	}
	return &Store{root: root}, nil
}

// Close releases the folder.
func (s *Store) Close() error { return s.root.Close() }

// Get implements blob.Store.
func (s *Store) Get(_ context.Context, key string) (io.ReadCloser, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, err
	}
	f, err := s.root.Open(key + suffix)
	if err != nil {
		return nil, s.explain("get", key, err)
	}
	z, ok := decoders.Get().(*zstd.Decoder)
	if !ok {
		return nil, errors.Join(errors.New("no decoder"), f.Close())
	}
	if err := z.Reset(f); err != nil {
		return nil, errors.Join(s.explain("get", key, err), f.Close())
	}
	return &reader{z, f}, nil
}

// decoders are used again: to make one costs as much as to read a small blob.
var decoders = sync.Pool{New: func() any {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants
	}
	return z
}}

// reader reads one blob, with a decoder that is its own until it is closed.
type reader struct {
	decoder *zstd.Decoder
	file    *os.File
}

// Read implements io.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if r.decoder == nil {
		return 0, fs.ErrClosed
	}
	return r.decoder.Read(b)
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.decoder == nil {
		return fs.ErrClosed
	}
	err := r.decoder.Reset(nil) // lets go of the file
	decoders.Put(r.decoder)
	r.decoder = nil
	return errors.Join(err, r.file.Close())
}

// Stat implements blob.Store.
func (s *Store) Stat(_ context.Context, key string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	info, err := s.root.Stat(key + suffix)
	if err != nil {
		return blob.Info{}, s.explain("stat", key, err)
	}
	size, err := s.size(key, info)
	return blob.Info{Key: key, Size: size, CreatedAt: info.ModTime().UTC()}, err
}

// Delete implements blob.Store. Folders that it leaves empty go too: most bodies
// have one of their own.
func (s *Store) Delete(_ context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	err := s.root.Remove(key + suffix)
	if err == nil {
		err = s.syncDir(path.Dir(key))
		for dir := path.Dir(key); dir != "." && s.root.Remove(dir) == nil; { // fails for one that is not empty
			dir = path.Dir(dir)
		}
	}
	if err := s.explain("delete", key, err); !errors.Is(err, blob.ErrNotFound) {
		return err
	}
	return nil
}

// List implements blob.Store. It reads the folders that the prefix leaves.
func (s *Store) List(ctx context.Context, prefix, cursor string, limit int) ([]blob.Info, string, error) {
	w := walk{store: s, ctx: ctx, prefix: prefix, cursor: cursor, want: limit}
	if err := w.run(); err != nil {
		return nil, "", fmt.Errorf("list blobs under %q: %w", prefix, err)
	}
	return blob.Page(w.infos, limit)
}

func (s *Store) explain(what, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), strings.Contains(err.Error(), "not a directory"):
		err = blob.ErrNotFound
	case errors.Is(err, fs.ErrExist):
		err = blob.ErrExists
	}
	return fmt.Errorf("%s blob %s: %w", what, key, err)
}
