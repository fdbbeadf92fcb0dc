package verify

import (
	"context"
	"fmt"
	"io"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Direct is a Source on the platform's own store and blobs.
type Direct struct {
	Store store.Reader
	Blobs blob.Store
}

// State implements Source.
func (d Direct) State(ctx context.Context) (transparency.State, error) {
	return transparency.Read(ctx, d.Store)
}

// Blob implements Source.
func (d Direct) Blob(ctx context.Context, key string) ([]byte, error) {
	r, err := d.Blobs.Get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return data, nil
}

// laterLimit is how many later checkpoints are looked at.
const laterLimit = 20

// Later implements Source.
func (d Direct) Later(ctx context.Context, size int64) ([]string, error) {
	infos, _, err := d.Blobs.List(ctx, transparency.Prefix+"checkpoint/", transparency.CheckpointKey(size), laterLimit)
	if err != nil {
		return nil, fmt.Errorf("look for later checkpoints: %w", err)
	}
	keys := make([]string, len(infos))
	for i, info := range infos {
		keys[i] = info.Key
	}
	return keys, nil
}
