package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

const (
	height = 8
	width  = 1 << height // hashes in a tile
)

// tree is made of the leaves' hashes as they come. It keeps, of each level of
// tiles, the hashes of the tile that is not full yet.
type tree struct {
	levels [][]tlog.Hash
	full   []int64 // tiles of each level that were full
}

// add takes the next leaf's hash.
func (t *tree) add(h tlog.Hash) { t.put(0, h) }

func (t *tree) put(level int, h tlog.Hash) {
	if level == len(t.levels) {
		t.levels, t.full = append(t.levels, nil), append(t.full, 0)
	}
	if len(t.levels[level]) == width { // the tile before is full, and checked
		t.lift(level)
	}
	t.levels[level] = append(t.levels[level], h)
}

// lift turns the full tile of a level into one hash of the level above.
func (t *tree) lift(level int) {
	above := edge(t.levels[level])
	t.levels[level], t.full[level] = t.levels[level][:0], t.full[level]+1
	t.put(level+1, above)
}

// root is that of all leaves so far (RFC 6962, section 2.1): the right edge of
// each level, from the leaves up.
func (t *tree) root() tlog.Hash {
	var right tlog.Hash
	some := false
	for _, hashes := range t.levels {
		if len(hashes) == 0 {
			continue
		}
		hashes = append([]tlog.Hash{}, hashes...)
		if some {
			hashes = append(hashes, right)
			right = edge(hashes)
			continue
		}
		right, some = edge(hashes), true
	}
	return right
}

// edge is the root over hashes of complete subtrees of one size, of which the
// last may be of fewer leaves.
func edge(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	k := 1
	for k*2 < len(hashes) {
		k *= 2
	}
	return tlog.NodeHash(edge(hashes[:k]), edge(hashes[k:]))
}

// full checks the tiles that the last bundle filled: that of the leaves, and
// above it those that were waiting for it.
func (l *leaves) full(ctx context.Context) error {
	for level, hashes := range l.hashes.levels {
		if len(hashes) < width {
			return nil // the levels above have not changed
		}
		if err := l.tile(ctx, level, l.hashes.full[level], hashes); err != nil {
			return err
		}
	}
	return nil
}

// close checks the tiles at the log's end, from the leaves up: a tile that is
// full is one more hash in the level above.
func (l *leaves) close(ctx context.Context) error {
	for level := 0; level < len(l.hashes.levels); level++ { //nolint:intrange // lift adds levels
		hashes := l.hashes.levels[level]
		if err := l.tile(ctx, level, l.hashes.full[level], hashes); err != nil {
			return err
		}
		if len(hashes) < width {
			continue
		}
		if above := level + 1; above < len(l.hashes.levels) && len(l.hashes.levels[above]) == width {
			if err := l.tile(ctx, above, l.hashes.full[above], l.hashes.levels[above]); err != nil {
				return err
			}
		}
		l.hashes.lift(level)
	}
	return nil
}

func (l *leaves) tile(ctx context.Context, level int, n int64, hashes []tlog.Hash) error {
	if len(hashes) == 0 {
		return nil
	}
	span := int64(1) << (height * level) // leaves under one hash
	first := n * width * span
	var data []byte
	var err error
	if level == 0 {
		data = l.sealed // of the bundle that was walked over last
	}
	if data == nil {
		data, err = l.v.read(ctx, transparency.TileKey(level, n, len(hashes)), transparency.TileKey(level, n, width))
	}
	if errors.Is(err, blob.ErrNotFound) {
		l.v.damage(Damage{Kind: Missing, Index: first, Text: fmt.Sprintf("tile %d of level %d is gone", n, level)})
		return nil
	}
	if err != nil {
		return err
	}
	for i, h := range hashes {
		at := i * tlog.HashSize
		if len(data) >= at+tlog.HashSize && bytes.Equal(data[at:at+tlog.HashSize], h[:]) {
			continue
		}
		index := first + int64(i)*span
		if level > 0 && l.broken {
			return nil // follows from the leaves that are named already
		}
		l.broken = l.broken || level == 0
		l.v.damage(Damage{Kind: Damaged, Index: index, Text: fmt.Sprintf("entry %d of the log and its hash in the tile of level %d do not fit", index, level)})
		return nil
	}
	return nil
}
