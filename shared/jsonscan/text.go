package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, in the high bit of each byte of w, the bytes that are not
// plain within a string: controls, '"', '\\' and what is beyond ASCII. Borrows
// may mark bytes above a true hit, never below it: the lowest mark is right.
func special(w uint64) uint64 {
	control := w - ones*0x20
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return (control&^w | (quote-ones)&^quote | (slash-ones)&^slash | w) & highs
}

// text reads a string, from its opening quote to beyond its closing one, and
// reports whether it holds an escape.
func (s *scanner) text() (escaped bool, err error) {
	data, at := s.data, s.pos+1
	for {
		for at+8 <= len(data) {
			if m := special(binary.LittleEndian.Uint64(data[at:])); m != 0 {
				at += bits.TrailingZeros64(m) / 8
				break
			}
			at += 8
		}
		if at >= len(data) {
			return false, s.fail(at, "")
		}
		switch c := data[at]; {
		case c == '"':
			s.pos = at + 1
			return escaped, nil
		case c == '\\':
			n, err := s.escape(at)
			if err != nil {
				return false, err
			}
			escaped, at = true, at+n
		case c < 0x20:
			return false, s.fail(at, "control character in a string")
		case c >= 0x80:
			n := s.rune(at)
			if n == 0 {
				return false, &SyntaxError{Offset: at, What: "bytes that are not UTF-8"}
			}
			at += n
		default:
			at++
		}
	}
}

// rune checks one character beyond ASCII and returns its length, or 0.
func (s *scanner) rune(at int) int {
	if r, n := utf8.DecodeRune(s.data[at:]); r != utf8.RuneError || n > 1 {
		return n
	}
	return 0
}

// escape checks the escape at the backslash and returns its length.
func (s *scanner) escape(at int) (int, error) {
	if at+1 >= len(s.data) {
		return 0, s.fail(at+1, "")
	}
	switch s.data[at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		return s.unicode(at)
	default:
		return 0, s.fail(at+1, "unknown escape in a string")
	}
}

func (s *scanner) unicode(at int) (int, error) {
	first, err := s.hex(at + 2)
	if err != nil {
		return 0, err
	}
	if first < 0xD800 || first > 0xDFFF {
		return 6, nil
	}
	lone := &SyntaxError{Offset: at, What: "lone surrogate in a string"}
	if first >= 0xDC00 {
		return 0, lone
	}
	if at+7 >= len(s.data) || s.data[at+6] != '\\' || s.data[at+7] != 'u' {
		return 0, lone
	}
	second, err := s.hex(at + 8)
	if err != nil {
		return 0, err
	}
	if second < 0xDC00 || second > 0xDFFF {
		return 0, lone
	}
	return 12, nil
}

func (s *scanner) hex(at int) (int, error) {
	n := 0
	for i := at; i < at+4; i++ {
		if i >= len(s.data) {
			return 0, s.fail(i, "")
		}
		switch c := s.data[i]; {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return 0, s.fail(i, "hexadecimal digit expected")
		}
	}
	return n, nil
}
