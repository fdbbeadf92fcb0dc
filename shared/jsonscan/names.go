package jsonscan

import (
	"bytes"
	"hash/maphash"
)

// seed is the process's own, so that nobody can choose names that collide.
var seed = maphash.MakeSeed()

// name is one member name of an open object.
type name struct {
	hash uint64
	text []byte
}

// nameSet knows the names of one object: a filter of 512 bits answers most
// questions, a walk over the object's hashes the rest, and beyond manyNames a
// map, so that a million names stay linear.
type nameSet struct {
	filter [8]uint64
	base   int // index of the object's first name in scanner.names
	many   map[string]struct{}
}

const manyNames = 128

// add reports whether key is new to the object, and remembers it.
func (n *nameSet) add(s *scanner, key []byte) bool {
	if n.many != nil {
		before := len(n.many)
		n.many[string(key)] = struct{}{}
		return len(n.many) > before
	}
	h := maphash.Bytes(seed, key)
	word, bit := &n.filter[h>>6&7], uint64(1)<<(h&63)
	if *word&bit != 0 {
		for _, other := range s.names[n.base:] {
			if other.hash == h && bytes.Equal(other.text, key) {
				return false
			}
		}
	}
	*word |= bit
	s.names = append(s.names, name{h, key})
	if len(s.names)-n.base == manyNames {
		n.many = make(map[string]struct{}, 2*manyNames)
		for _, other := range s.names[n.base:] {
			n.many[string(other.text)] = struct{}{}
		}
	}
	return true
}
