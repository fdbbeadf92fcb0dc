// Package jsonscan reads JSON from strangers: one pass over the bytes checks
// all of RFC 8259 and I-JSON (RFC 7493: UTF-8, no duplicate names at any
// level, no lone surrogates) and a depth limit, and shows the members of the
// two outer levels as raw bytes. It builds no tree and keeps no copy: reading
// a payload into maps costs ten times as much. It is not a decoder; what is
// wanted whole is decoded by encoding/json afterwards.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
)

// MaxDepth is how deep arrays and objects may be nested.
const MaxDepth = 512

// SyntaxError says what is wrong and where. It quotes nothing of the input.
type SyntaxError struct {
	Offset int // of the byte that is wrong, from 0
	What   string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.What, e.Offset)
}

// Visit is called after each member of the outermost object, with a nil
// parent, and, before it, after each member of the objects within it, with
// the outer member's name as parent. Names are unescaped, values raw. The
// slices are valid until the input changes; an escaped name until Scan returns.
type Visit func(parent, name, value []byte)

var scanners = sync.Pool{New: func() any { return new(scanner) }}

// Scan checks that data is exactly one JSON text and reports its members to
// visit, which may be nil. The error is a *SyntaxError.
func Scan(data []byte, visit Visit) error {
	s, ok := scanners.Get().(*scanner)
	if !ok {
		s = new(scanner)
	}
	s.data, s.pos, s.visit = data, 0, visit
	err := s.document()
	s.release()
	return err
}

// String returns the text of a raw JSON string that Scan has checked, or ""
// if raw is none.
func String(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// Int returns the value of a raw JSON number that is a 64-bit integer, else 0.
func Int(raw []byte) int64 {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
