package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Collection holds the keys.
const Collection = "keys"

// MaxLife is the longest that a key is valid.
const MaxLife = 90 * 24 * time.Hour

// prefix lets secret scanners and people recognise a key.
const prefix = "im_"

// secretBytes of chance make a key. Nobody can guess 256 bits, so one SHA-256
// is enough to store it: slow hashes are for passwords, which people choose.
const secretBytes = 32

// Key is a stored key. The key itself is shown once, by Issue.
type Key struct {
	ID        string    `json:"id"` // the first 16 hex digits of Hash
	Name      string    `json:"name"`
	Role      Role      `json:"role"`
	Hash      string    `json:"hash"` // hex SHA-256 of the whole key
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Keys issues, verifies and revokes keys.
type Keys struct {
	Store store.Store
	Clock clock.Clock
}

// Issue makes a key for name, valid for life, and returns its only copy. by is
// the actor in the audit record.
func (k Keys) Issue(ctx context.Context, name string, role Role, life time.Duration, by string) (string, error) {
	if name == "" || !role.Known() {
		return "", fault.New(fault.Invalid, "a key needs a name and a role: viewer, editor, admin or service")
	}
	if life <= 0 || life > MaxLife {
		return "", fault.New(fault.Invalid, "a key lives at most 90 days")
	}
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	token := prefix + base64.RawURLEncoding.EncodeToString(secret)
	now, hash := k.Clock.Now(), digest(token)
	doc := Key{ID: idOf(hash), Name: name, Role: role, Hash: hash, CreatedAt: now, ExpiresAt: now.Add(life)}
	err := k.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		if err := tx.Create(key(doc.ID), doc); err != nil {
			return err
		}
		return audit.Write(tx, record(now, by, "key.issued", doc))
	})
	if err != nil {
		return "", fmt.Errorf("issue key %s: %w", name, err)
	}
	return token, nil
}

// Verify returns whose key token is. Whatever is wrong with it, the error is
// the same fault.Unauthenticated.
func (k Keys) Verify(ctx context.Context, token string) (Identity, error) {
	if !strings.HasPrefix(token, prefix) || len(token) != len(prefix)+base64.RawURLEncoding.EncodedLen(secretBytes) {
		return Identity{}, errUnauthenticated
	}
	hash := digest(token)
	doc, err := store.Get[Key](ctx, k.Store, key(idOf(hash)))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Identity{}, fault.Wrap(fault.Unavailable, err, "API keys cannot be read now; try again")
	}
	same := subtle.ConstantTimeCompare([]byte(hash), []byte(doc.Hash)) == 1
	if !same || !k.Clock.Now().Before(doc.ExpiresAt) || !doc.Role.Known() {
		return Identity{}, errUnauthenticated
	}
	return Identity{Name: doc.Name, Role: doc.Role}, nil
}

// Revoke ends all keys of name at once; that there are none is no error.
func (k Keys) Revoke(ctx context.Context, name, by string) error {
	byName := store.Query{
		Collection: Collection, Limit: store.MaxPage,
		Where: []store.Filter{{Field: "name", Op: store.Eq, Value: name}},
	}
	err := k.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		keys, _, err := store.List[Key](ctx, tx, byName)
		if err != nil {
			return err
		}
		for _, doc := range keys {
			if err := tx.Delete(key(doc.ID)); err != nil {
				return err
			}
			if err := audit.Write(tx, record(k.Clock.Now(), by, "key.revoked", doc)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke the keys of %s: %w", name, err)
	}
	return nil
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// idOf finds a key by its hash, so that no part of the key itself is stored
// and what a lookup's time gives away is of no use.
func idOf(hash string) string { return hash[:16] }

func key(id string) store.Key { return store.Key{Collection: Collection, ID: id} }

func record(at time.Time, by, verb string, doc Key) audit.Record {
	return audit.Record{
		At: at, Actor: by, Verb: verb, Subject: Collection + "/" + doc.ID, Retention: "security",
		Details: map[string]string{"name": doc.Name, "role": string(doc.Role), "expires": doc.ExpiresAt.Format(time.RFC3339)},
	}
}
