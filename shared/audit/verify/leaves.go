package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// leaves walks over the log bundle by bundle while the records come in order of
// their indexes.
type leaves struct {
	v    *verifier
	seen *transparency.Checkpoint // nil: nothing to hold the tree against

	ahead *ahead

	next   int64    // index of the leaf that comes next
	bundle [][]byte // that it is in; nil entries are damaged ones
	sealed []byte   // the tile of the bundle's hashes; empty if it is gone
	hashes tree
	broken bool // a leaf was damaged: the root cannot fit
}

// record takes the next record.
func (l *leaves) record(ctx context.Context, r Found) error {
	if r.Index < 0 || r.Index >= l.v.size {
		l.v.report.Unsealed++
		return nil
	}
	if r.Index < l.next {
		l.v.damage(Damage{Kind: Reordered, Index: r.Index, Record: r.ID, Text: fmt.Sprintf("record %s has the place of another, %d", r.ID, r.Index)})
		return nil
	}
	for l.next < r.Index {
		if err := l.leaf(ctx, nil); err != nil {
			return err
		}
	}
	return l.leaf(ctx, &r)
}

// finish walks to the log's end and holds the tree against what was signed.
func (l *leaves) finish(ctx context.Context) error {
	for l.next < l.v.size {
		if err := l.leaf(ctx, nil); err != nil {
			return err
		}
	}
	if l.v.size == 0 {
		return nil
	}
	if err := l.close(ctx); err != nil {
		return err
	}
	if root := l.hashes.root(); root != l.v.root && !l.broken && !l.v.unsigned {
		l.v.damage(Damage{Kind: Forked, Index: -1, Text: fmt.Sprintf("%d leaves have the root %s; %s was signed", l.v.size, root, l.v.root)})
	}
	return nil
}

// leaf takes the next leaf with its record, nil if there is none.
func (l *leaves) leaf(ctx context.Context, r *Found) error {
	if l.next%width == 0 {
		if err := l.full(ctx); err != nil {
			return err
		}
		if err := l.open(); err != nil {
			return err
		}
	}
	index, entry := l.next, l.bundle[l.next%width]
	if index%4096 == 0 && l.v.o.Progress != nil {
		l.v.o.Progress(index, l.v.size)
	}
	l.next++
	l.v.report.Verified = l.next
	if r != nil && r.Erased {
		l.v.report.Erased++
	}
	hash, err := l.compare(index, entry, r)
	if err != nil {
		return err
	}
	l.hashes.add(hash)
	if l.seen != nil && l.next == l.seen.Size && !l.broken && l.hashes.root() != l.seen.Root {
		l.v.damage(Damage{Kind: Forked, Index: -1, Text: fmt.Sprintf("the first %d leaves are not those of the last look", l.seen.Size)})
	}
	return ctx.Err()
}

func leafOf(r audit.Record) ([]byte, error) {
	leaf, err := r.Leaf()
	if err != nil {
		return nil, err
	}
	return leaf.Bytes()
}

// compare holds a record against its entry in the log, and returns the hash of
// the leaf that was sealed, as far as can be told.
func (l *leaves) compare(index int64, entry []byte, r *Found) (tlog.Hash, error) {
	if r == nil {
		l.gone(index, entry)
		return tlog.RecordHash(entry), nil
	}
	if bytes.Equal(entry, r.Leaf) {
		return r.Hash, nil
	}
	strict, err := r.Strict() // it may differ in spelling only
	if err != nil || bytes.Equal(entry, strict.Leaf) {
		return tlog.RecordHash(entry), err
	}
	if entry == nil { // what the bundle lost the record may still tell
		return tlog.RecordHash(strict.Leaf), nil
	}
	if l.fits(index, strict.Leaf) {
		l.v.damage(Damage{Kind: Damaged, Index: index, Record: r.ID, Text: fmt.Sprintf("entry %d of the log is not what was sealed; its record %s still is", index, r.ID)})
		return tlog.RecordHash(strict.Leaf), nil
	}
	switch sealed := l.sealedAs(index, entry); {
	case sealed == nil:
	case sealed.ID != r.ID:
		l.v.damage(Damage{Kind: Reordered, Index: index, Record: r.ID, Text: fmt.Sprintf("record %s has the place of record %s, %d", r.ID, sealed.ID, index)})
	default:
		l.v.damage(Damage{Kind: Changed, Index: index, Record: r.ID, Text: fmt.Sprintf("record %s is not what was sealed as entry %d", r.ID, index)})
	}
	return tlog.RecordHash(entry), nil
}

// gone looks at an entry whose record is not there.
func (l *leaves) gone(index int64, entry []byte) {
	if entry == nil {
		l.broken = true
		l.v.damage(Damage{Kind: Missing, Index: index, Text: fmt.Sprintf("entry %d is gone from the log, and its record from the store", index)})
		return
	}
	sealed := l.sealedAs(index, entry)
	switch {
	case sealed == nil:
	case l.v.o.Expired != nil && l.v.o.Expired(*sealed):
		l.v.report.Expired++
	default:
		text := fmt.Sprintf("record %s (%s of %s, %s) is gone from the store", sealed.ID, sealed.Verb, sealed.Subject, sealed.At.Format("2006-01-02 15:04:05"))
		if l.v.o.Expired != nil {
			text += " before its time"
		}
		l.v.damage(Damage{Kind: Missing, Index: index, Record: sealed.ID, Text: text})
	}
}

// sealedAs reads an entry; nil if it is damaged.
func (l *leaves) sealedAs(index int64, entry []byte) *audit.Leaf {
	var sealed audit.Leaf
	if json.Unmarshal(entry, &sealed) != nil {
		l.broken = true
		l.v.damage(Damage{Kind: Damaged, Index: index, Text: fmt.Sprintf("entry %d of the log is no record's", index)})
		return nil
	}
	return &sealed
}

// fits reports whether the log's tile has the hash of text as leaf index.
func (l *leaves) fits(index int64, text []byte) bool {
	at, h := int(index%width)*tlog.HashSize, tlog.RecordHash(text)
	return len(l.sealed) >= at+tlog.HashSize && bytes.Equal(l.sealed[at:at+tlog.HashSize], h[:])
}

// open takes the bundle of the next leaf. What is missing of it is said once.
func (l *leaves) open() error {
	w := int(min(width, l.v.size-l.next))
	l.bundle = make([][]byte, w)
	got := l.ahead.take()
	if got.err != nil {
		return got.err
	}
	if l.sealed = got.tile; got.bundle == nil {
		l.v.damage(Damage{Kind: Missing, Index: l.next, Text: fmt.Sprintf("the log's entries %d to %d are gone", l.next, l.next+int64(w)-1)})
		return nil
	}
	entries, err := transparency.Entries(got.bundle)
	if err != nil || len(entries) < w {
		l.v.damage(Damage{Kind: Damaged, Index: l.next + int64(min(len(entries), w)), Text: fmt.Sprintf("the bundle of the entries %d to %d is damaged", l.next, l.next+int64(w)-1)})
	}
	copy(l.bundle, entries)
	return nil
}

// read returns a partial tile, or the full one that has replaced it.
func (v *verifier) read(ctx context.Context, key, full string) ([]byte, error) {
	data, err := v.src.Blob(ctx, key)
	if errors.Is(err, blob.ErrNotFound) && key != full {
		data, err = v.src.Blob(ctx, full)
	}
	return data, err
}

// sort puts what is wrong with the log as a whole before what is wrong with an
// entry: the entries at a cut follow from the cut.
func (r *Report) sort() {
	place := func(d Damage) int64 {
		if d.Kind == Cut {
			return -1
		}
		return d.Index
	}
	slices.SortStableFunc(r.Damages, func(a, b Damage) int { return cmp.Compare(place(a), place(b)) })
}
