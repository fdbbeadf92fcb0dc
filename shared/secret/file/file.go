// Package file keeps secrets in one JSON file that only its owner can read,
// for one machine. Each change replaces the file whole. The file is not
// encrypted: whoever can read the owner's files has the secrets, as with SSH
// keys. It is read again on each call, so that another process's change counts.
package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// Store implements secret.Store.
type Store struct {
	path  string
	clock clock.Clock
	mu    sync.Mutex
}

var _ secret.Store = (*Store)(nil)

// document is the file: version lists by name, oldest first.
type document map[string][]version

// version holds its value as plain bytes, since secret.Value hides itself.
type version struct {
	ID        string    `json:"id"`
	Value     []byte    `json:"value,omitempty"` // base64; gone once disabled
	CreatedAt time.Time `json:"created_at"`
	Disabled  bool      `json:"disabled,omitempty"`
}

// New returns the store in the file at path, which is made by the first Add.
// It refuses a file that is not its owner's alone.
func New(path string, c clock.Clock) (*Store, error) {
	s := &Store{path: path, clock: c}
	_, err := s.read()
	return s, err
}

// Versions implements secret.Source.
func (s *Store) Versions(_ context.Context, name string) ([]secret.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, err := s.read()
	if err != nil {
		return nil, err
	}
	var enabled []secret.Version
	for _, v := range slices.Backward(doc[name]) {
		if !v.Disabled {
			enabled = append(enabled, secret.Version{ID: v.ID, Value: v.Value, CreatedAt: v.CreatedAt})
		}
	}
	if len(enabled) == 0 {
		return nil, fmt.Errorf("secret %q: %w", name, secret.ErrNotFound)
	}
	return enabled, nil
}

// Add implements secret.Store.
func (s *Store) Add(_ context.Context, name string, value secret.Value) (secret.Version, error) {
	if err := secret.Check(name, value); err != nil {
		return secret.Version{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, err := s.read()
	if err != nil {
		return secret.Version{}, err
	}
	v := version{ID: strconv.Itoa(len(doc[name]) + 1), Value: value, CreatedAt: s.clock.Now()}
	doc[name] = append(doc[name], v)
	return secret.Version{ID: v.ID, Value: slices.Clone(value), CreatedAt: v.CreatedAt}, s.write(doc)
}

// Disable implements secret.Store. The value is erased.
func (s *Store) Disable(_ context.Context, name, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, err := s.read()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(doc[name], func(v version) bool { return v.ID == id && !v.Disabled })
	if i < 0 {
		return fault.Wrap(fault.NotFound, secret.ErrNotFound, "there is no enabled version %q of the secret %q", id, name)
	}
	doc[name][i].Value, doc[name][i].Disabled = nil, true
	return s.write(doc)
}

func (s *Store) read() (document, error) {
	info, err := os.Lstat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return document{}, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the secrets file %s cannot be read", s.path)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.New(fault.Conflict, "the secrets file %s is no regular file; move it away", s.path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fault.New(fault.Conflict, "others can read the secrets file %s (mode %04o); run: chmod 600 %s, and change what is in it", s.path, mode, s.path)
	}
	text, err := os.ReadFile(s.path)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the secrets file %s cannot be read", s.path)
	}
	doc := document{}
	if json.Unmarshal(text, &doc) != nil { // its error could quote a secret
		return nil, fault.New(fault.Conflict, "the secrets file %s is not valid JSON; restore it or move it away", s.path)
	}
	return doc, nil
}

// write replaces the file: a crash leaves the old one or the new one.
func (s *Store) write(doc document) error {
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the secrets: %w", err)
	}
	if err := replace(s.path, text); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the secrets file %s cannot be written; nothing was changed", s.path)
	}
	return nil
}

func replace(path string, text []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".secrets-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(dir) //nolint:gosec // the folder that the configuration names
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
