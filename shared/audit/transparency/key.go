package transparency

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// NewKey makes an Ed25519 key under the log's name (its origin), as the secret
// that Open reads.
func NewKey(name string) ([]byte, error) {
	private, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("make the key of the audit log: %w", err)
	}
	return []byte(private), nil
}

// ParseKey returns the signer that a secret holds and the public key that
// verifies what it signs.
func ParseKey(private string) (note.Signer, string, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, "", errors.New("the audit log's key is malformed; it is what transparency.NewKey makes") // says nothing of the key
	}
	parts := strings.SplitN(private, "+", 5) // PRIVATE+KEY+name+hash+data; base64 has pluses too
	seed, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, "", errors.New("the audit log's key is malformed")
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return nil, "", errors.New("the audit log's key has no public half")
	}
	verifier, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return nil, "", fmt.Errorf("make the public key of the audit log: %w", err)
	}
	return signer, verifier, nil
}
