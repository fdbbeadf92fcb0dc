// Package link signs the links by which a person answers without an API key,
// and opens them. A link says who may answer what to which plan, and until
// when; whether that counts, and that it counts once, is shared/approval's and
// shared/execution's concern. It stores nothing.
//
// A token is base64url(JSON of a Link) "." base64url(HMAC-SHA256 of the former),
// without padding (RFC 4648, section 5; RFC 2104).
package link

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// Life is how long a link is good for.
const Life = 15 * time.Minute

// Bounds: a token is kept short enough for a line of chat, and a key is as long
// as the digest.
const (
	maxToken = 1500
	minKey   = sha256.Size
)

// purpose keeps what is signed here apart from anything else under the key.
const purpose = "infinity-matrix approval link v1\n"

// Link is what a token says.
type Link struct {
	ID        string        `json:"id"` // chance: it counts once
	Execution string        `json:"execution"`
	Round     int           `json:"round"`
	PlanHash  string        `json:"plan_hash"`
	Verb      approval.Verb `json:"verb"`
	Person    string        `json:"person"`          // whose answer it is
	Maker     string        `json:"maker,omitempty"` // the person who made it; "" if they made it for themselves
	Until     time.Time     `json:"until"`
}

// Keys signs and opens with the versions of a secret: the newest signs, all
// that are enabled open, so that the key can be rotated.
type Keys struct {
	Source secret.Source
	Secret string // its name
}

var encoding = base64.RawURLEncoding

// Sign returns the token of l, which gets its ID and Until here.
func (k Keys) Sign(ctx context.Context, l Link, now time.Time) (token string, signed Link, err error) {
	keys, err := k.keys(ctx)
	if err != nil {
		return "", l, err
	}
	l.ID, l.Until = rand.Text(), now.Add(Life)
	text, err := json.Marshal(l)
	if err != nil {
		return "", l, fmt.Errorf("write a link: %w", err)
	}
	payload := encoding.EncodeToString(text)
	token = payload + "." + digest(keys[0].Value, payload)
	if len(token) > maxToken {
		return "", l, fault.New(fault.Invalid, "the link would be longer than %d characters; is the person's name that long?", maxToken)
	}
	return token, l, nil
}

// Open returns what token says; fault.Forbidden if we did not sign it so, or
// its time is over.
func (k Keys) Open(ctx context.Context, token string, now time.Time) (Link, error) {
	keys, err := k.keys(ctx)
	if err != nil {
		return Link{}, err
	}
	foreign := fault.New(fault.Forbidden, "this link is not one of ours: it was changed or cut on its way; copy all of it, or ask for a new one")
	payload, mac, ok := strings.Cut(token, ".")
	if !ok || len(token) > maxToken || !signed(keys, payload, mac) {
		return Link{}, foreign
	}
	var l Link
	text, err := encoding.DecodeString(payload)
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil {
		return Link{}, fmt.Errorf("read a link that we signed: %w", err)
	}
	if !now.Before(l.Until) {
		return Link{}, fault.New(fault.Forbidden, "this link was good until %s; ask for a new one", l.Until.UTC().Format(time.RFC3339))
	}
	return l, nil
}

// signed compares the text of the digest, since a decoder would take several
// spellings of it.
func signed(keys []secret.Version, payload, mac string) bool {
	for _, key := range keys {
		if hmac.Equal([]byte(mac), []byte(digest(key.Value, payload))) {
			return true
		}
	}
	return false
}

func digest(key []byte, payload string) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(purpose + payload)) // never fails
	return encoding.EncodeToString(h.Sum(nil))
}

func (k Keys) keys(ctx context.Context) ([]secret.Version, error) {
	versions, err := k.Source.Versions(ctx, k.Secret)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot read the key of links: secret %s", k.Secret)
	}
	for _, v := range versions {
		if len(v.Value) < minKey {
			return nil, fmt.Errorf("secret %s has %d bytes; a key of links has at least %d", k.Secret, len(v.Value), minKey)
		}
	}
	return versions, nil
}
