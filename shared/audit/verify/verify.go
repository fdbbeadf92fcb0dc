// Package verify holds the audit log against its signed checkpoint and the
// records against the log, as an auditor does who trusts neither the platform
// nor its store: every hash is made anew. What is damaged is named. It changes
// nothing; sealing is shared/audit/transparency's.
package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
)

// Source is what the log and the records are read from. Nothing that it says
// is believed.
type Source interface {
	// State returns the log's newest checkpoint.
	State(ctx context.Context) (transparency.State, error)
	// Blob returns a tile, bundle or checkpoint; blob.ErrNotFound if there is none.
	Blob(ctx context.Context, key string) ([]byte, error)
	// Later returns the keys of some checkpoints of more than size leaves.
	Later(ctx context.Context, size int64) ([]string, error)
	// Records calls each with the records in order of their indexes, the
	// unsealed first, until each fails.
	Records(ctx context.Context, each func(Found) error) error
}

// Seen is what the auditor remembers of an earlier look; the zero Seen is a
// first look.
type Seen struct {
	Key        string `json:"key"`
	Checkpoint string `json:"checkpoint"`
}

// Kind is what is wrong.
type Kind string

// The kinds.
const (
	Changed   Kind = "changed"   // the record is not what was sealed
	Missing   Kind = "missing"   // the record, or a part of the log, is gone
	Reordered Kind = "reordered" // the record has another's place
	Forked    Kind = "forked"    // the log is not the one that was signed, or seen before
	Cut       Kind = "cut"       // the log's end is gone
	Damaged   Kind = "damaged"   // a tile or bundle holds other bytes than were sealed
)

// Damage is one thing that is wrong.
type Damage struct {
	Kind   Kind   `json:"kind"`
	Index  int64  `json:"index"`            // of the first leaf that it is about; -1 if of none
	Record string `json:"record,omitempty"` // id of the record
	Text   string `json:"text"`             // one sentence
}

// Report is what was found.
type Report struct {
	Size       int64     `json:"size"`     // leaves under the checkpoint
	Verified   int64     `json:"verified"` // of those, how many were looked at: less than all if it was stopped
	Root       string    `json:"root"`
	SealedAt   time.Time `json:"sealed_at"`
	Unsealed   int64     `json:"unsealed"` // records that no checkpoint covers yet
	Erased     int64     `json:"erased"`   // records whose personal fields were erased
	Expired    int64     `json:"expired"`  // records that were deleted when their time was over
	Damages    []Damage  `json:"damages"`  // of the whole, then by index; at most MaxDamages
	More       int       `json:"more"`     // damages beyond those
	Remembered Seen      `json:"-"`        // for the next look; unchanged if anything is damaged
}

// MaxDamages is how many damages a report lists.
const MaxDamages = 100

// Whole reports whether nothing is wrong.
func (r Report) Whole() bool { return len(r.Damages) == 0 }

// Options say what else is known.
type Options struct {
	Seen     Seen
	Expired  func(audit.Leaf) bool   // the record may be gone; nil: none may
	Progress func(done, total int64) // called now and then
	Now      time.Time
}

// Log verifies all of it. The error tells that something could not be read;
// what reads as wrong is in the report.
func Log(ctx context.Context, src Source, o Options) (Report, error) {
	v := &verifier{src: src, o: o}
	err := v.run(ctx)
	v.report.sort()
	v.report.Remembered = o.Seen
	if err == nil && v.report.Whole() && v.state.Checkpoint != "" {
		v.report.Remembered = Seen{Key: v.state.Key, Checkpoint: v.state.Checkpoint}
	}
	return v.report, err
}

type verifier struct {
	src    Source
	o      Options
	state  transparency.State
	size   int64
	root   tlog.Hash
	report Report

	unsigned bool // the newest checkpoint bears no good signature: there is no root to hold the tree against
}

func (v *verifier) run(ctx context.Context) error {
	var err error
	if v.state, err = v.src.State(ctx); err != nil {
		return err
	}
	seen, err := v.checkpoints(ctx)
	if err != nil {
		return err
	}
	v.report.Size, v.report.SealedAt = v.size, v.state.SealedAt
	if v.size > 0 {
		v.report.Root = v.root.String()
	}
	log := &leaves{v: v, seen: seen, ahead: newAhead(ctx, v)}
	defer log.ahead.close()
	if err := v.src.Records(ctx, func(r Found) error { return log.record(ctx, r) }); err != nil {
		return err
	}
	return log.finish(ctx)
}

// checkpoints verifies the newest checkpoint and holds its size against what
// was seen before. It returns the remembered one, to be held against the tree.
func (v *verifier) checkpoints(ctx context.Context) (*transparency.Checkpoint, error) {
	seen := v.remembered()
	if v.o.Seen.Key != "" && v.state.Key != v.o.Seen.Key {
		v.damage(Damage{Kind: Forked, Index: -1, Text: "the log's key is another than at the last look, so the log is of somebody else, or of a new data folder"})
	}
	if v.state.Checkpoint == "" {
		if seen != nil {
			v.damage(Damage{Kind: Cut, Index: 0, Text: fmt.Sprintf("the log is empty; at the last look it had %d leaves", seen.Size)})
		}
		return nil, v.later(ctx)
	}
	c, err := transparency.ParseCheckpoint([]byte(v.state.Checkpoint), v.state.Key) // the log's own: what else is wrong is told too
	if v.unsigned = err != nil; v.unsigned {
		v.damage(Damage{Kind: Forked, Index: -1, Text: "the newest checkpoint is not signed by the log's key: " + err.Error()})
		c = transparency.Checkpoint{Size: v.state.Size}
	}
	v.size, v.root = c.Size, c.Root
	if seen != nil && seen.Size > v.size {
		v.damage(Damage{Kind: Cut, Index: v.size, Text: fmt.Sprintf("the log ends after %d leaves; at the last look it had %d", v.size, seen.Size)})
		seen = nil
	}
	return seen, v.later(ctx)
}

func (v *verifier) remembered() *transparency.Checkpoint {
	if v.o.Seen.Checkpoint == "" {
		return nil
	}
	c, err := transparency.ParseCheckpoint([]byte(v.o.Seen.Checkpoint), v.o.Seen.Key)
	if err != nil {
		v.damage(Damage{Kind: Forked, Index: -1, Text: "the checkpoint that was remembered is damaged: " + err.Error()})
		return nil
	}
	return &c
}

// later looks for checkpoints beyond the newest: then the log was cut. The
// next one alone may be of a sealer at work.
func (v *verifier) later(ctx context.Context) error {
	keys, err := v.src.Later(ctx, v.size)
	if err != nil {
		return err
	}
	for _, key := range keys {
		text, err := v.src.Blob(ctx, key)
		if errors.Is(err, blob.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		c, err := transparency.ParseCheckpoint(text, v.state.Key)
		if err == nil && c.Size > max(v.size, v.state.Next) {
			v.damage(Damage{Kind: Cut, Index: v.size, Text: fmt.Sprintf("the log ends after %d leaves; a checkpoint of %d was signed", v.size, c.Size)})
			return nil
		}
	}
	return nil
}

func (v *verifier) damage(d Damage) {
	if len(v.report.Damages) >= MaxDamages {
		v.report.More++
		return
	}
	v.report.Damages = append(v.report.Damages, d)
}
