package execution

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// shortHash returns 26 characters (130 bits) over parts, each of which is
// length-prefixed, so that no two lists of parts collide by concatenation.
func shortHash(parts ...string) string {
	var b strings.Builder
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		b.Write(size[:])
		b.WriteString(p)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return alphabet.EncodeToString(sum[:])[:26]
}
