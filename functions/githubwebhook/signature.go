package githubwebhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// errSignature is the one answer to whatever is wrong with a signature.
var errSignature = fault.New(fault.Unauthenticated, "the signature is missing or wrong; the webhook's secret must be the one that is set here")

// parseSignature reads "sha256=" and 64 hexadecimal digits. SHA-1 is no
// signature here.
func parseSignature(value string) ([]byte, error) {
	digits, ok := strings.CutPrefix(value, "sha256=")
	if !ok || len(digits) != 2*sha256.Size {
		return nil, errSignature
	}
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return nil, errSignature
	}
	return sum, nil
}

// fresh is how long looked-up secrets are used: a disabled one ends within it.
const fresh = 5 * time.Second

// keys holds the secret's enabled versions for a few seconds.
type keys struct {
	source secret.Source
	name   string
	clock  clock.Clock
	log    *slog.Logger

	mu    sync.Mutex
	until time.Time
	set   *keySet
}

// get returns the key set of now. While the secret store cannot be read
// nothing can be proved, so that GitHub is told to send again later.
func (k *keys) get(ctx context.Context) (*keySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if k.set != nil && now.Before(k.until) {
		return k.set, nil
	}
	versions, err := k.source.Versions(ctx, k.name)
	if err != nil && !errors.Is(err, secret.ErrNotFound) {
		return nil, fault.Wrap(fault.Unavailable, err, "the webhook's secret cannot be read; send again later")
	}
	set := &keySet{}
	for _, v := range versions {
		if len(v.Value) > 0 { // an empty secret would validate anybody
			set.values = append(set.values, v.Value)
		}
	}
	if len(set.values) == 0 { // nothing validates; said at each look-up, not at each request
		k.log.ErrorContext(ctx, "no webhook secret is set, so every delivery is refused", slog.String("secret_name", k.name))
	}
	k.set, k.until = set, now.Add(fresh)
	return set, nil
}

// keySet makes the hashes of one set of secrets, and keeps them for reuse.
type keySet struct {
	values []secret.Value
	pool   sync.Pool
}

// hashes computes a body's HMAC under each secret, and its plain digest.
type hashes struct {
	set    *keySet
	macs   []hash.Hash
	digest hash.Hash
}

func (s *keySet) hashes() *hashes {
	if h, ok := s.pool.Get().(*hashes); ok {
		return h
	}
	h := &hashes{set: s, digest: sha256.New()}
	for _, v := range s.values {
		h.macs = append(h.macs, hmac.New(sha256.New, v))
	}
	return h
}

// add adds p to all of them.
func (h *hashes) add(p []byte) {
	for _, m := range h.macs {
		m.Write(p)
	}
	h.digest.Write(p)
}

// match reports whether sum is the HMAC under any of the secrets. All are
// compared, each in constant time.
func (h *hashes) match(sum []byte) bool {
	var buffer [sha256.Size]byte
	found := false
	for _, m := range h.macs {
		found = hmac.Equal(m.Sum(buffer[:0]), sum) || found
	}
	return found
}

func (h *hashes) release() {
	for _, m := range h.macs {
		m.Reset()
	}
	h.digest.Reset()
	h.set.pool.Put(h)
}
