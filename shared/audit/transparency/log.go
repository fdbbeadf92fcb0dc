// Package transparency keeps the audit records in a log that nobody can change
// unseen: a Merkle tree (RFC 6962) in tiles, with signed checkpoints. It gives
// records their place in the log; it neither writes records (shared/audit) nor
// verifies the log, which is for those who do not trust its writer.
//
// Formats: https://c2sp.org/tlog-tiles, https://c2sp.org/tlog-checkpoint and
// https://c2sp.org/signed-note.
package transparency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Collection holds the log's state, one document.
const Collection = "audit_log"

var stateKey = store.Key{Collection: Collection, ID: "state"}

// Batch is how many records get their place in one transaction, and how many
// a checkpoint adds at most.
const Batch = 400

// State is where the log is. Records from Size up to Next have their index but
// are not in the tree yet: their order is fixed, so that whoever goes on after
// a crash makes the same tree.
type State struct {
	Next       int64     `json:"next"`
	Size       int64     `json:"size"`
	Root       string    `json:"root"`       // hash of the tree of Size leaves, base64
	Checkpoint string    `json:"checkpoint"` // of that tree: a signed note
	Key        string    `json:"key"`        // verifies the note: "name+hash+base64"
	SealedAt   time.Time `json:"sealed_at"`
}

// Log appends to the log. Several may run at once.
type Log struct {
	Store  store.Store
	Blobs  blob.Store
	Clock  clock.Clock
	Signer note.Signer
	Key    string // what verifies Signer's notes
}

// Seal puts every record that has no place yet into the log, and returns how
// many. What an earlier call left half done is finished first.
func (l *Log) Seal(ctx context.Context) (int, error) {
	sealed := 0
	for {
		n, err := l.finish(ctx)
		if err != nil {
			return sealed, err
		}
		sealed += n
		if n, err = l.reserve(ctx); n == 0 || err != nil {
			return sealed, err
		}
	}
}

// Read returns the log's state; the zero State for a log not begun.
func Read(ctx context.Context, r store.Reader) (State, error) {
	st, err := store.Get[State](ctx, r, stateKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return st, fmt.Errorf("read the state of the audit log: %w", err)
	}
	return st, nil
}

// reserve gives up to Batch records their index. They are looked for outside
// the transaction: a record that is written meanwhile is for the next batch,
// and must not make this one start again.
func (l *Log) reserve(ctx context.Context) (int, error) {
	found, _, err := store.List[audit.Record](ctx, l.Store, store.Query{
		Collection: audit.Collection, Limit: Batch,
		Where: []store.Filter{{Field: "index", Op: store.Eq, Value: audit.Unsealed}},
	})
	if err != nil {
		return 0, fmt.Errorf("look for unsealed audit records: %w", err)
	}
	if len(found) == 0 {
		return 0, nil
	}
	given := 0
	err = l.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		given = 0
		st, err := Read(ctx, tx)
		if err != nil || st.Next != st.Size { // another sealer is ahead of this one
			return err
		}
		var free []audit.Record
		for _, r := range found {
			now, err := store.Get[audit.Record](ctx, tx, recordKey(r.ID))
			if errors.Is(err, store.ErrNotFound) || err == nil && now.Index != audit.Unsealed {
				continue
			}
			if err != nil {
				return err
			}
			free = append(free, now)
		}
		for _, r := range free {
			r.Index = st.Next
			st.Next++
			if err := tx.Put(recordKey(r.ID), r); err != nil {
				return err
			}
		}
		given = len(free)
		return tx.Put(stateKey, st)
	})
	if err != nil {
		return 0, fmt.Errorf("give audit records their place: %w", err)
	}
	return max(given, 1), nil // 1: another sealer was faster; look again
}

// finish brings the records that have an index into the tree, and signs it.
func (l *Log) finish(ctx context.Context) (int, error) {
	st, err := Read(ctx, l.Store)
	if err != nil || st.Size == st.Next {
		return 0, err
	}
	leaves, err := l.leaves(ctx, st)
	if err != nil {
		return 0, err
	}
	grown, err := grow(ctx, l.Blobs, st, leaves)
	if err != nil {
		// Another sealer may have done it, and taken away what this one reads.
		if now, again := Read(ctx, l.Store); again == nil && now.Size > st.Size {
			return 0, nil
		}
		return 0, err
	}
	after := State{Next: st.Next, Size: st.Next, Root: grown.root.String(), Key: l.Key, SealedAt: l.Clock.Now()}
	if after.Checkpoint, err = l.sign(after.Size, grown.root); err != nil {
		return 0, err
	}
	if err := put(ctx, l.Blobs, CheckpointKey(after.Size), []byte(after.Checkpoint)); err != nil {
		return 0, err
	}
	err = l.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		now, err := Read(ctx, tx)
		if err != nil || now.Size >= after.Size { // another sealer finished the same
			return err
		}
		return tx.Put(stateKey, after)
	})
	if err != nil {
		return 0, fmt.Errorf("record the new size of the audit log: %w", err)
	}
	return len(leaves), prune(ctx, l.Blobs, st.Size, after.Size)
}

// leaves returns the leaves that are to be added, in their order.
func (l *Log) leaves(ctx context.Context, st State) ([][]byte, error) {
	var leaves [][]byte
	q := store.Query{
		Collection: audit.Collection, OrderBy: "index", Limit: store.MaxPage,
		Where: []store.Filter{{Field: "index", Op: store.Ge, Value: st.Size}, {Field: "index", Op: store.Lt, Value: st.Next}},
	}
	records, _, err := store.List[audit.Record](ctx, l.Store, q)
	if err != nil {
		return nil, fmt.Errorf("read the audit records to seal: %w", err)
	}
	for i, r := range records {
		if r.Index != st.Size+int64(i) {
			break
		}
		leaf, err := r.Leaf()
		if err != nil {
			return nil, err
		}
		text, err := leaf.Bytes()
		if err != nil {
			return nil, err
		}
		leaves = append(leaves, text)
	}
	if missing := st.Size + int64(len(leaves)); missing != st.Next {
		return nil, fmt.Errorf("audit record %d is missing before it was sealed: somebody took it out of the store", missing)
	}
	return leaves, nil
}

func recordKey(id string) store.Key { return store.Key{Collection: audit.Collection, ID: id} }
