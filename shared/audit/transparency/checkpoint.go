package transparency

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what the log's key signed: a tree of that size has that root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// sign returns the signed note of a tree. Its origin is the key's name.
func (l *Log) sign(size int64, root tlog.Hash) (string, error) {
	signed, err := note.Sign(&note.Note{Text: body(l.Signer.Name(), size, root)}, l.Signer)
	if err != nil {
		return "", fmt.Errorf("sign the checkpoint of size %d: %w", size, err)
	}
	return string(signed), nil
}

// ParseCheckpoint verifies a signed note with key and reads it.
func ParseCheckpoint(signed []byte, key string) (Checkpoint, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read the key of the audit log: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("verify the checkpoint's signature: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return Checkpoint{}, errors.New("the checkpoint has fewer than three lines")
	}
	c := Checkpoint{Origin: lines[0]}
	if c.Origin != verifier.Name() {
		return c, fmt.Errorf("the checkpoint is of %q, not of %q", c.Origin, verifier.Name())
	}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return c, fmt.Errorf("the checkpoint's size %q is no number of leaves", lines[1])
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, fmt.Errorf("read the checkpoint's root: %w", err)
	}
	return c, nil
}
