package transparency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// put writes a blob, or finds it written with the same bytes.
func put(ctx context.Context, blobs blob.Store, key string, data []byte) error {
	err := blobs.Put(ctx, key, bytes.NewReader(data))
	if !errors.Is(err, blob.ErrExists) {
		if err != nil {
			return fmt.Errorf("write %s of the audit log: %w", key, err)
		}
		return nil
	}
	there, err := get(ctx, blobs, key)
	if err == nil && !bytes.Equal(there, data) {
		err = fmt.Errorf("%s of the audit log holds other bytes than it should: the log was forked or damaged; run `infinity audit verify`", key)
	}
	return err
}

func get(ctx context.Context, blobs blob.Store, key string) ([]byte, error) {
	r, err := blobs.Get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open %s of the audit log: %w", key, err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s of the audit log: %w", key, err)
	}
	return data, nil
}

// prune deletes the partial tiles and bundles of what became full between the
// two sizes, as the format allows. A crash may leave some: they take room only.
func prune(ctx context.Context, blobs blob.Store, before, after int64) error {
	var keys []string
	for level, o, n := 0, before, after; o > 0; level, o, n = level+1, o>>height, n>>height {
		if o%width > 0 && n/width > o/width {
			keys = append(keys, TileKey(level, o/width, width))
		}
	}
	if before%width > 0 && after/width > before/width {
		keys = append(keys, BundleKey(before/width, width))
	}
	for _, key := range keys {
		infos, _, err := blobs.List(ctx, key+".p/", "", width)
		if err != nil {
			return fmt.Errorf("look for partial tiles of the audit log: %w", err)
		}
		for _, info := range infos {
			if err := blobs.Delete(ctx, info.Key); err != nil {
				return fmt.Errorf("delete a partial tile of the audit log: %w", err)
			}
		}
	}
	return nil
}
