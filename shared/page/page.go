// Package page is what calls a person: something that the platform cannot or
// must not mend by itself. A page is a document, raised in the transaction of
// the change that it tells of; while it is open, the same trouble folds into
// it. Bringing it to people (topic error.critical, the command line, the
// dashboard) is the functions' concern.
package page

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Collection holds the pages, open and resolved.
const Collection = "pages"

// Severity says how soon a person must look.
type Severity string

// The severities.
const (
	Critical Severity = "critical" // now
	Warning  Severity = "warning"  // today
)

// Page is one trouble.
type Page struct {
	ID         string     `json:"id"`   // hash of Kind and Subject
	Kind       string     `json:"kind"` // "dead_letter", "quarantine", "fight", "configuration", "installation_suspended", "untold"
	Severity   Severity   `json:"severity"`
	Subject    string     `json:"subject"` // what it is about: "executions/…", "agent-orchestrator.dead"
	Summary    string     `json:"summary"` // one sentence: what happened
	Do         string     `json:"do"`      // one sentence: what to do, with the command
	Open       bool       `json:"open"`
	Count      int        `json:"count"` // how often it was raised while open
	RaisedAt   time.Time  `json:"raised_at"`
	LastAt     time.Time  `json:"last_at"`
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
	ResolvedBy string     `json:"resolved_by,omitempty"`
	ToldAt     *time.Time `json:"told_at,omitempty"` // when it was published; nil until then
}

// Raise opens a page of p's Kind and Subject, or folds p into the one that is
// open. by is the actor in the audit record; a fold writes none.
func Raise(ctx context.Context, tx store.Tx, p Page, by string, now time.Time) error {
	p.ID, p.Open, p.Count, p.RaisedAt, p.LastAt = ID(p.Kind, p.Subject), true, 1, now, now
	old, err := store.Get[Page](ctx, tx, key(p.ID))
	switch {
	case err == nil && old.Open:
		old.Count, old.LastAt, old.Summary, old.Do = old.Count+1, now, p.Summary, p.Do
		return tx.Put(key(p.ID), old)
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("look for a page of %s: %w", p.Subject, err)
	}
	if err := tx.Put(key(p.ID), p); err != nil {
		return fmt.Errorf("raise a page of %s: %w", p.Subject, err)
	}
	return audit.Write(tx, audit.Record{
		At: now, Actor: by, Verb: "page.raised", Subject: Collection + "/" + p.ID, To: string(p.Severity), Reason: p.Summary,
		Details: map[string]string{"kind": p.Kind, "about": p.Subject},
	})
}

// Told notes that p was published; if it was raised anew since, it was not.
func Told(ctx context.Context, tx store.Tx, p Page, now time.Time) error {
	current, err := store.Get[Page](ctx, tx, key(p.ID))
	if err != nil || !current.RaisedAt.Equal(p.RaisedAt) {
		return err
	}
	current.ToldAt = &now
	return tx.Put(key(p.ID), current)
}

// Find returns the page of kind and subject, and whether it is open.
func Find(ctx context.Context, r store.Reader, kind, subject string) (p Page, open bool, err error) {
	p, err = store.Get[Page](ctx, r, key(ID(kind, subject)))
	if errors.Is(err, store.ErrNotFound) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("look for a page of %s: %w", subject, err)
	}
	return p, p.Open, nil
}

// Resolve closes the page id; one that is closed already stays as it is.
func Resolve(ctx context.Context, tx store.Tx, id, by string, now time.Time) (Page, error) {
	p, err := store.Get[Page](ctx, tx, key(id))
	if errors.Is(err, store.ErrNotFound) {
		return p, fault.Wrap(fault.NotFound, err, "there is no page %q", id)
	}
	if err != nil || !p.Open {
		return p, err
	}
	p.Open, p.ResolvedAt, p.ResolvedBy = false, &now, by
	if err := tx.Put(key(id), p); err != nil {
		return p, fmt.Errorf("resolve page %s: %w", id, err)
	}
	return p, audit.Write(tx, audit.Record{At: now, Actor: by, Verb: "page.resolved", Subject: Collection + "/" + id, Reason: p.Summary})
}

func key(id string) store.Key { return store.Key{Collection: Collection, ID: id} }

// ID returns the id of the page of that kind and subject.
func ID(kind, subject string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + subject))
	return "p" + hex.EncodeToString(sum[:12])
}
