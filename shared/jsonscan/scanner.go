package jsonscan

import "bytes"

// scanner is the state of one pass.
type scanner struct {
	data   []byte
	pos    int
	visit  Visit
	names  []name // of all open objects, innermost last
	parent []byte // the outer member whose value is being read
}

// keepNames bounds what a pooled scanner holds on to.
const keepNames = 1 << 12

func (s *scanner) release() {
	clear(s.names[:cap(s.names)])
	if cap(s.names) > keepNames {
		s.names = nil
	}
	s.names, s.data, s.visit, s.parent = s.names[:0], nil, nil, nil
	scanners.Put(s)
}

func (s *scanner) fail(at int, what string) error {
	if at >= len(s.data) {
		return &SyntaxError{Offset: len(s.data), What: "JSON ends early"}
	}
	return &SyntaxError{Offset: at, What: what}
}

func (s *scanner) document() error {
	if err := s.value(1); err != nil {
		return err
	}
	if s.space(); s.pos < len(s.data) {
		return s.fail(s.pos, "more data after the JSON value")
	}
	return nil
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) && s.data[s.pos] > ' ' {
		return s.data[s.pos]
	}
	if s.space(); s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) value(depth int) error {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.text()
		return err
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	default:
		return s.fail(s.pos, "JSON value expected")
	}
}

func (s *scanner) literal(want string) error {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(want)) {
		at := s.pos
		for i := 0; i < len(want) && at < len(s.data) && s.data[at] == want[i]; i++ {
			at++
		}
		return s.fail(at, "JSON literal misspelt")
	}
	s.pos += len(want)
	return nil
}

func (s *scanner) array(depth int) error {
	if depth > MaxDepth {
		return s.fail(s.pos, "JSON nested deeper than 512 levels")
	}
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := s.value(depth + 1); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.fail(s.pos, "',' or ']' expected")
		}
	}
}

func (s *scanner) object(depth int) error {
	if depth > MaxDepth {
		return s.fail(s.pos, "JSON nested deeper than 512 levels")
	}
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	seen := nameSet{base: len(s.names)}
	for {
		if err := s.member(depth, &seen); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			s.names = s.names[:seen.base]
			return nil
		default:
			return s.fail(s.pos, "',' or '}' expected")
		}
	}
}

func (s *scanner) member(depth int, seen *nameSet) error {
	if s.peek() != '"' {
		return s.fail(s.pos, "member name expected")
	}
	at := s.pos
	escaped, err := s.text()
	if err != nil {
		return err
	}
	key := s.data[at+1 : s.pos-1]
	if escaped {
		key = []byte(String(s.data[at:s.pos]))
	}
	if !seen.add(s, key) {
		return s.fail(at, "duplicate member name")
	}
	if s.peek() != ':' {
		return s.fail(s.pos, "':' expected")
	}
	s.pos++
	s.peek()
	start := s.pos
	if depth > 2 || s.visit == nil {
		return s.value(depth + 1)
	}
	return s.shown(depth, key, start)
}

// shown reads the value of a member of the two outer levels and reports it.
// Arrays count as a level, so that what is at level 2 is within a member of
// the outermost object, or within an outermost array, which has no parent.
func (s *scanner) shown(depth int, key []byte, start int) error {
	if depth == 1 {
		s.parent = key
	}
	if err := s.value(depth + 1); err != nil {
		return err
	}
	switch {
	case depth == 1:
		s.visit(nil, key, s.data[start:s.pos])
	case s.parent != nil:
		s.visit(s.parent, key, s.data[start:s.pos])
	}
	return nil
}
