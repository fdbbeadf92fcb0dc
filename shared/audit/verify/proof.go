package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// proofHeader begins a proof: https://c2sp.org/tlog-proof. The leaf is in its
// extra line, so that the file stands by itself.
const proofHeader = "c2sp.org/tlog-proof@v1"

// Prove makes a file that shows, without the platform, that r is in the log.
func Prove(ctx context.Context, src Source, r audit.Record) ([]byte, error) {
	st, err := src.State(ctx)
	if err != nil {
		return nil, err
	}
	if r.Index < 0 || r.Index >= st.Size {
		return nil, fault.New(fault.Conflict, "record %s is not sealed yet; the log is sealed each minute", r.ID)
	}
	c, err := transparency.ParseCheckpoint([]byte(st.Checkpoint), st.Key)
	if err != nil {
		return nil, err
	}
	leaf, err := leafOf(r)
	if err != nil {
		return nil, err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, tiles{ctx, src})
	proof, err := tlog.ProveRecord(c.Size, r.Index, reader)
	if err != nil {
		return nil, fmt.Errorf("prove record %s: %w; run `infinity audit verify`", r.ID, err)
	}
	if err := tlog.CheckRecord(proof, c.Size, c.Root, r.Index, tlog.RecordHash(leaf)); err != nil {
		return nil, fault.Wrap(fault.Conflict, err, "record %s is not what was sealed; run `infinity audit verify`", r.ID)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofHeader, base64.StdEncoding.EncodeToString(leaf), r.Index)
	for _, h := range proof {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	fmt.Fprintf(&b, "\n%s", st.Checkpoint)
	return b.Bytes(), nil
}

// CheckProof returns the leaf that a proof shows to be in the log whose key is
// given, and the checkpoint that it is in.
func CheckProof(proof []byte, key string) (audit.Leaf, transparency.Checkpoint, error) {
	var leaf audit.Leaf
	head, signed, ok := strings.Cut(string(proof), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != proofHeader {
		return leaf, transparency.Checkpoint{}, fault.New(fault.Invalid, "the file is no proof; `infinity audit prove` makes one")
	}
	c, err := transparency.ParseCheckpoint([]byte(signed), key)
	if err != nil {
		return leaf, c, fault.Wrap(fault.Invalid, err, "the proof's checkpoint is not signed by the log's key")
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	index, bad := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	hashes := make([]tlog.Hash, 0, len(lines)-3)
	for _, line := range lines[3:] {
		h, parse := tlog.ParseHash(line)
		bad = errors.Join(bad, parse)
		hashes = append(hashes, h)
	}
	if err = errors.Join(err, bad); err != nil {
		return leaf, c, fault.Wrap(fault.Invalid, err, "the proof is damaged")
	}
	if err := tlog.CheckRecord(hashes, c.Size, c.Root, index, tlog.RecordHash(text)); err != nil {
		return leaf, c, fault.Wrap(fault.Invalid, err, "the proof does not show that the record is in the log")
	}
	if err := json.Unmarshal(text, &leaf); err != nil {
		return leaf, c, fault.Wrap(fault.Invalid, err, "the proof's record cannot be read")
	}
	return leaf, c, nil
}

// tiles reads tiles for tlog, which proves each against the checkpoint.
type tiles struct {
	ctx context.Context //nolint:containedctx // tlog's interface takes none
	src Source
}

// Height implements tlog.TileReader.
func (tiles) Height() int { return height }

// SaveTiles implements tlog.TileReader.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements tlog.TileReader.
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(wanted))
	for i, tile := range wanted {
		data, err := t.src.Blob(t.ctx, transparency.TileKey(tile.L, tile.N, tile.W))
		if errors.Is(err, blob.ErrNotFound) && tile.W < width {
			data, err = t.src.Blob(t.ctx, transparency.TileKey(tile.L, tile.N, width))
		}
		if err != nil {
			return nil, err
		}
		out[i] = data[:min(len(data), tile.W*tlog.HashSize)]
	}
	return out, nil
}
