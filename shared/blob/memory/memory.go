// Package memory keeps blobs in memory, for tests and the simulation. Nothing
// survives the process.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Store implements blob.Store.
type Store struct {
	clock clock.Clock
	mu    sync.Mutex
	blobs map[string]entry
}

type entry struct {
	info blob.Info
	data []byte
}

var _ blob.Store = (*Store)(nil)

// New returns an empty store that dates blobs by c.
func New(c clock.Clock) *Store {
	return &Store{clock: c, blobs: map[string]entry{}}
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read blob %s: %w", key, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.blobs[key]; ok {
		return fmt.Errorf("put blob %s: %w", key, blob.ErrExists)
	}
	info := blob.Info{Key: key, Size: int64(len(data)), CreatedAt: s.clock.Now()}
	s.blobs[key] = entry{info, data}
	return nil
}

// Get implements blob.Store.
func (s *Store) Get(_ context.Context, key string) (io.ReadCloser, error) {
	e, err := s.find(key)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(e.data)), nil
}

// Stat implements blob.Store.
func (s *Store) Stat(_ context.Context, key string) (blob.Info, error) {
	e, err := s.find(key)
	return e.info, err
}

func (s *Store) find(key string) (entry, error) {
	if err := blob.CheckKey(key); err != nil {
		return entry{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.blobs[key]
	if !ok {
		return entry{}, fmt.Errorf("blob %s: %w", key, blob.ErrNotFound)
	}
	return e, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(_ context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, key)
	return nil
}

// List implements blob.Store.
func (s *Store) List(_ context.Context, prefix, cursor string, limit int) ([]blob.Info, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var infos []blob.Info
	for key, e := range s.blobs {
		if strings.HasPrefix(key, prefix) && key > cursor {
			infos = append(infos, e.info)
		}
	}
	slices.SortFunc(infos, func(a, b blob.Info) int { return strings.Compare(a.Key, b.Key) })
	return blob.Page(infos, limit)
}
