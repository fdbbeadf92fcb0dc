// Package docid makes the id of a document from what makes the document unique,
// so that making it again finds it. It is no source of chance: who knows the
// parts knows the id.
package docid

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
)

// Length is that of every id: 130 bits in base32.
const Length = 26

var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Of returns the first Length characters of the lower-case base32 (RFC 4648)
// of a SHA-256 over parts. Each is hashed with its length before it, so that
// no two lists of parts run together into one id.
func Of(parts ...string) string {
	var all []byte
	for _, p := range parts {
		all = append(binary.BigEndian.AppendUint64(all, uint64(len(p))), p...)
	}
	sum := sha256.Sum256(all)
	return alphabet.EncodeToString(sum[:])[:Length]
}
