package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Leaf is what the log keeps of a record: everything but its personal fields,
// for which a commitment stands, so that they can be erased without breaking
// the log.
type Leaf struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Verb      string    `json:"verb"`
	Subject   string    `json:"subject"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Decision  string    `json:"decision,omitempty"`
	Event     string    `json:"event,omitempty"`
	Retention string    `json:"retention"`
	Personal  string    `json:"personal"` // hex HMAC-SHA-256 under the record's salt
}

// Leaf returns r's leaf.
func (r Record) Leaf() (Leaf, error) {
	personal, err := r.commitment()
	if err != nil {
		return Leaf{}, err
	}
	return Leaf{
		ID: r.ID, At: r.At.UTC(), Verb: r.Verb, Subject: r.Subject, From: r.From, To: r.To,
		Decision: r.Decision, Event: r.Event, Retention: r.Retention, Personal: personal,
	}, nil
}

// Bytes returns the leaf's canonical JSON: what is hashed (RFC 6962, section
// 2.1) and kept in the log's entry bundles.
func (l Leaf) Bytes() ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("write the leaf of audit record %s: %w", l.ID, err)
	}
	return text, nil
}

// commitment is over the personal fields; of an erased record it is the one
// that was kept. Fields beside a kept commitment were put there afterwards.
func (r Record) commitment() (string, error) {
	if r.Commitment != "" && r.Salt == "" && r.Actor == "" && r.Reason == "" && r.Details == nil {
		return r.Commitment, nil
	}
	text, err := json.Marshal(struct {
		Actor, Reason string
		Details       map[string]string // in order of its keys
	}{r.Actor, r.Reason, r.Details})
	if err != nil {
		return "", fmt.Errorf("write the personal fields of audit record %s: %w", r.ID, err)
	}
	mac := hmac.New(sha256.New, []byte(r.Salt))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// Erase returns r without its personal fields and without the salt that they
// could be guessed with. Its leaf stays what it was.
func (r Record) Erase(at time.Time) (Record, error) {
	kept, err := r.commitment()
	if err != nil {
		return r, err
	}
	r.Actor, r.Reason, r.Details, r.Salt, r.Commitment, r.ErasedAt = "", "", nil, "", kept, &at
	return r, nil
}
