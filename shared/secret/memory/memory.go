// Package memory keeps secrets in memory, for tests and the simulation.
package memory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// Store implements secret.Store.
type Store struct {
	clock clock.Clock
	mu    sync.Mutex
	names map[string]*versions
}

type versions struct {
	last    int
	enabled []secret.Version // newest first
}

var _ secret.Store = (*Store)(nil)

// New returns an empty store that dates versions by c.
func New(c clock.Clock) *Store { return &Store{clock: c, names: map[string]*versions{}} }

// Versions implements secret.Source.
func (s *Store) Versions(_ context.Context, name string) ([]secret.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.names[name]; v != nil && len(v.enabled) > 0 {
		return slices.Clone(v.enabled), nil
	}
	return nil, fmt.Errorf("secret %q: %w", name, secret.ErrNotFound)
}

// Add implements secret.Store.
func (s *Store) Add(_ context.Context, name string, value secret.Value) (secret.Version, error) {
	if err := secret.Check(name, value); err != nil {
		return secret.Version{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.names[name]
	if v == nil {
		v = new(versions)
		s.names[name] = v
	}
	v.last++
	added := secret.Version{ID: strconv.Itoa(v.last), Value: slices.Clone(value), CreatedAt: s.clock.Now()}
	v.enabled = slices.Insert(v.enabled, 0, added)
	added.Value = slices.Clone(value)
	return added, nil
}

// Disable implements secret.Store.
func (s *Store) Disable(_ context.Context, name, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.names[name]
	if v != nil {
		for i := range v.enabled {
			if v.enabled[i].ID == id {
				v.enabled = slices.Delete(slices.Clone(v.enabled), i, i+1)
				return nil
			}
		}
	}
	return fault.Wrap(fault.NotFound, secret.ErrNotFound, "there is no enabled version %q of the secret %q", id, name)
}
