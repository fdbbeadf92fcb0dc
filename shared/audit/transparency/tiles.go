package transparency

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// height is that of the tiles: 256 hashes, or entries, each.
const (
	height = 8
	width  = 1 << height
)

// maxEntry is what the format's two bytes of length can say.
const maxEntry = 1<<16 - 1

// Prefix begins every key of the log in the blob store.
const Prefix = "audit/"

// TileKey returns the key of a tile of hashes, of w hashes; level 0 holds the
// leaves' hashes.
func TileKey(level int, n int64, w int) string {
	return fmt.Sprintf("%stile/%d/%s", Prefix, level, path(n, w))
}

// BundleKey returns the key of a bundle of w entries.
func BundleKey(n int64, w int) string { return Prefix + "tile/entries/" + path(n, w) }

// CheckpointKey returns the key of the checkpoint of a tree of that size.
func CheckpointKey(size int64) string { return fmt.Sprintf("%scheckpoint/%015d", Prefix, size) }

// path is the tile's number in groups of three digits, all but the last marked
// with an x, and the width of a partial tile.
func path(n int64, w int) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	if w < width {
		text += fmt.Sprintf(".p/%d", w)
	}
	return text
}

// tree is one that has grown: its old tiles and the new hashes.
type tree struct {
	old    tlog.HashReader // nil for an empty tree
	hashes map[int64]tlog.Hash
	root   tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var at []int
	var missing []int64
	for i, index := range indexes {
		h, ok := t.hashes[index]
		if !ok {
			at, missing = append(at, i), append(missing, index)
			continue
		}
		out[i] = h
	}
	if len(missing) == 0 {
		return out, nil
	}
	if t.old == nil {
		return nil, fmt.Errorf("hash %d is in no tile", missing[0])
	}
	old, err := t.old.ReadHashes(missing)
	for i, h := range old {
		out[at[i]] = h
	}
	return out, err
}

// grow adds leaves to the tree of st and writes the tiles and bundles that
// changed. The same leaves on the same tree write the same bytes.
func grow(ctx context.Context, blobs blob.Store, st State, leaves [][]byte) (*tree, error) {
	t := &tree{hashes: map[int64]tlog.Hash{}}
	if st.Size > 0 {
		root, err := tlog.ParseHash(st.Root)
		if err != nil {
			return nil, fmt.Errorf("read the root of the audit log: %w", err)
		}
		t.old = tlog.TileHashReader(tlog.Tree{N: st.Size, Hash: root}, tiles{ctx, blobs})
	}
	for i, leaf := range leaves {
		n := st.Size + int64(i)
		hashes, err := tlog.StoredHashes(n, leaf, t)
		if err != nil {
			return nil, fmt.Errorf("add leaf %d to the audit log: %w", n, err)
		}
		first := tlog.StoredHashIndex(0, n)
		for j, h := range hashes {
			t.hashes[first+int64(j)] = h
		}
	}
	size := st.Size + int64(len(leaves))
	var err error
	if t.root, err = tlog.TreeHash(size, t); err != nil {
		return nil, fmt.Errorf("hash the audit log of size %d: %w", size, err)
	}
	for _, tile := range tlog.NewTiles(height, st.Size, size) {
		data, err := tlog.ReadTileData(tile, t)
		if err != nil {
			return nil, fmt.Errorf("make a tile of the audit log: %w", err)
		}
		if err := put(ctx, blobs, TileKey(tile.L, tile.N, tile.W), data); err != nil {
			return nil, err
		}
	}
	return t, bundle(ctx, blobs, st.Size, leaves)
}

// bundle writes the entry bundles that leaves, from index on, make or change.
func bundle(ctx context.Context, blobs blob.Store, index int64, leaves [][]byte) error {
	var data []byte
	if w := int(index % width); w > 0 {
		var err error
		if data, err = get(ctx, blobs, BundleKey(index/width, w)); err != nil {
			return err
		}
	}
	for i, leaf := range leaves {
		if len(leaf) > maxEntry {
			return fmt.Errorf("leaf %d of the audit log has %d bytes; %d fit", index, len(leaf), maxEntry)
		}
		data = append(binary.BigEndian.AppendUint16(data, uint16(len(leaf))), leaf...)
		w := int(index%width) + 1
		if w == width || i == len(leaves)-1 {
			if err := put(ctx, blobs, BundleKey(index/width, w), data); err != nil {
				return err
			}
		}
		if w == width {
			data = nil
		}
		index++
	}
	return nil
}

// Entries splits a bundle into its entries.
func Entries(bundle []byte) ([][]byte, error) {
	var entries [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, errors.New("the bundle ends within a length")
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+n {
			return nil, errors.New("the bundle ends within an entry")
		}
		entries = append(entries, bundle[2:2+n])
		bundle = bundle[2+n:]
	}
	return entries, nil
}

// tiles reads tiles for tlog, which proves each against the tree's root.
type tiles struct {
	ctx   context.Context //nolint:containedctx // tlog's interface takes none
	blobs blob.Store
}

// Height implements tlog.TileReader.
func (tiles) Height() int { return height }

// SaveTiles implements tlog.TileReader.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements tlog.TileReader.
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(wanted))
	for i, tile := range wanted {
		data, err := get(t.ctx, t.blobs, TileKey(tile.L, tile.N, tile.W))
		if errors.Is(err, blob.ErrNotFound) && tile.W < width { // it is full by now
			data, err = get(t.ctx, t.blobs, TileKey(tile.L, tile.N, width))
		}
		if err != nil {
			return nil, err
		}
		out[i] = data[:min(len(data), tile.W*tlog.HashSize)]
	}
	return out, nil
}

// body is the text of a checkpoint.
func body(origin string, size int64, root tlog.Hash) string {
	return strings.Join([]string{origin, fmt.Sprint(size), base64.StdEncoding.EncodeToString(root[:]), ""}, "\n")
}
