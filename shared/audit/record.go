// Package audit is what is kept so that every step can be proved: one record
// for each change, written in the transaction of the change, and the leaf that
// stands for it in the log. The log itself is shared/audit/transparency's.
package audit

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Collection holds the records, in the order of their ids.
const Collection = "audit"

// Unsealed is the Index of a record that is not in the log yet.
const Unsealed = -1

// Record tells of one change. It never holds a secret or a payload. Actor,
// Reason and Details may name a person; they can be erased (Erase).
type Record struct {
	ID        string            `json:"id"`
	At        time.Time         `json:"recorded_at"`
	Actor     string            `json:"actor"`          // "system:decide", "github:octocat", "key:local"
	Verb      string            `json:"verb"`           // "execution.claimed"
	Subject   string            `json:"subject"`        // "executions/…"
	From      string            `json:"from,omitempty"` // state before
	To        string            `json:"to,omitempty"`   // state after
	Reason    string            `json:"reason,omitempty"`
	Decision  string            `json:"decision_id,omitempty"`
	Event     string            `json:"event_id,omitempty"`
	Details   map[string]string `json:"details,omitempty"`
	Retention string            `json:"retention"` // class: "operations" or "security"

	Index      int64      `json:"index"`                // of its leaf in the log; Unsealed until it has one
	Salt       string     `json:"salt,omitempty"`       // hides the personal fields in the leaf; erased with them
	Commitment string     `json:"commitment,omitempty"` // what the leaf says of the personal fields, once they are erased
	ErasedAt   *time.Time `json:"erased_at,omitempty"`
}

// Write puts r into tx under a new id that sorts by time. Its only failure is
// that of the transaction.
func Write(tx store.Tx, r Record) error {
	r.ID, r.Index, r.Salt = newID(r.At), Unsealed, newSalt()
	if r.Retention == "" {
		r.Retention = "operations"
	}
	if err := tx.Create(store.Key{Collection: Collection, ID: r.ID}, r); err != nil {
		return fmt.Errorf("write the audit record of %s: %w", r.Subject, err)
	}
	return nil
}

// newSalt returns 128 bits in hex: nobody can guess a personal field from its
// commitment, however few values the field may have.
func newSalt() string {
	var chance [16]byte
	_, _ = rand.Read(chance[:]) // never fails since Go 1.24
	return hex.EncodeToString(chance[:])
}

// newID returns 12 hex digits of milliseconds and 20 of chance. No counter:
// a counter would be one hot document (docs/DESIGN, section 8).
func newID(at time.Time) string {
	var chance [10]byte
	_, _ = rand.Read(chance[:]) // never fails since Go 1.24
	return fmt.Sprintf("%012x%s", at.UnixMilli(), hex.EncodeToString(chance[:]))
}
