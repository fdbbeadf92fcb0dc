// Package order encodes field values as bytes that sort as the values do, as
// Firestore sorts them: null, booleans, numbers, times, strings. It is for the
// indexes of the own drivers and decodes nothing.
package order

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// The first byte of an encoding: its type. Types sort in this order.
const (
	tagNull byte = iota + 1
	tagBool
	tagNumber
	tagTime
	tagString
)

// Field appends the encoding of field of the JSON object doc. ok is false if
// the field is absent, or is an object or a list, which no index holds.
func Field(dst, doc []byte, field string) (_ []byte, ok bool) {
	v := gjson.GetBytes(doc, field)
	switch v.Type {
	case gjson.Null:
		if !v.Exists() {
			return dst, false
		}
		return append(dst, tagNull), true
	case gjson.True, gjson.False:
		return appendBool(dst, v.Type == gjson.True), true
	case gjson.Number:
		if n, err := strconv.ParseInt(v.Raw, 10, 64); err == nil {
			return appendInt(dst, n), true
		}
		return appendNumber(dst, v.Num, 0), true
	case gjson.String:
		if IsTime(field) {
			if t, err := time.Parse(time.RFC3339Nano, v.Str); err == nil {
				return appendTime(dst, t), true
			}
		}
		return appendString(dst, v.Str), true
	default:
		return dst, false
	}
}

// IsTime reports whether a field of that name is a timestamp.
func IsTime(field string) bool { return strings.HasSuffix(field, "_at") }

// Value appends the encoding of a filter's value.
func Value(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(dst, tagNull), nil
	case bool:
		return appendBool(dst, v), nil
	case int:
		return appendInt(dst, int64(v)), nil
	case int64:
		return appendInt(dst, v), nil
	case float64:
		return appendNumber(dst, v, 0), nil
	case time.Time:
		return appendTime(dst, v), nil
	case string:
		return appendString(dst, v), nil
	default:
		return dst, fmt.Errorf("a filter's value cannot be a %T", value)
	}
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, tagBool, 1)
	}
	return append(dst, tagBool, 0)
}

// appendInt keeps what float64 rounds away, so that ids of 64 bits stay apart.
func appendInt(dst []byte, n int64) []byte {
	v := float64(n)
	if v >= math.MaxInt64 { // is 2^63, which is no int64
		return appendNumber(dst, v, int16(n-math.MaxInt64-1))
	}
	return appendNumber(dst, v, int16(n-int64(v)))
}

// appendNumber flips the bits of an IEEE 754 number so that bytes sort as
// numbers: the sign for positive ones, all of them for negative ones. rest is
// what the number rounded away, -512 to 512.
func appendNumber(dst []byte, v float64, rest int16) []byte {
	if v == 0 {
		v = 0 // minus zero is zero
	}
	bits := math.Float64bits(v)
	if v < 0 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	dst = binary.BigEndian.AppendUint64(append(dst, tagNumber), bits)
	return binary.BigEndian.AppendUint16(dst, uint16(rest)^1<<15)
}

// appendTime keeps microseconds, as Firestore does.
func appendTime(dst []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(append(dst, tagTime), uint64(t.UnixMicro())^1<<63)
}

// appendString ends the string with 0 0 and writes a zero byte as 0 255, so
// that no string is a prefix of another's encoding.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, tagString)
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(append(dst, s...), 0, 0)
		}
		dst = append(append(dst, s[:i]...), 0, 255)
		s = s[i+1:]
	}
}

// Len returns the length of the encoding that key begins with.
func Len(key []byte) int {
	switch key[0] {
	case tagNull:
		return 1
	case tagBool:
		return 2
	case tagNumber:
		return 11
	case tagTime:
		return 9
	default:
		for i := 1; ; i++ { // ends at 0 0, which appendString wrote
			if key[i] == 0 {
				if key[i+1] == 0 {
					return i + 2
				}
				i++
			}
		}
	}
}
