package index

import (
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// exactInt is the largest whole number that a double holds exactly.
const exactInt = 1 << 53

// slot files conditions by the constants that the value at one path may have.
type slot struct {
	path     condition.Path
	texts    map[string]*node
	numbers  map[int64]*node
	truths   [2]node
	prefixes map[string]*node
	lengths  []int // of prefixes, ascending: one lookup for each that fits
	doubts   doubts
}

func newSlot(p condition.Path) *slot {
	return &slot{path: p, texts: map[string]*node{}, numbers: map[int64]*node{}, prefixes: map[string]*node{}}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// node returns the node of k, made if there is none.
func (s *slot) node(k condition.Key) *node {
	switch v := k.Value.(type) {
	case bool:
		return &s.truths[truth(v)]
	case int64:
		return get(s.numbers, v)
	case string:
		if !k.Prefix {
			return get(s.texts, v)
		}
		if at, ok := slices.BinarySearch(s.lengths, len(v)); !ok {
			s.lengths = slices.Insert(s.lengths, at, len(v))
		}
		return get(s.prefixes, v)
	}
	return new(node) // keys are made of these types only
}

func get[K comparable](m map[K]*node, k K) *node {
	n, ok := m[k]
	if !ok {
		n = new(node)
		m[k] = n
	}
	return n
}

// count returns how many conditions are filed under k.
func (s *slot) count(k condition.Key) int {
	var n *node
	switch v := k.Value.(type) {
	case bool:
		n = &s.truths[truth(v)]
	case int64:
		n = s.numbers[v]
	case string:
		if n = s.texts[v]; k.Prefix {
			n = s.prefixes[v]
		}
	}
	if n == nil {
		return 0
	}
	return n.size
}

// match walks what is filed under the values that the event has at the path.
func (s *slot) match(m *memo) {
	noText, noTruth := false, false
	whole := s.path.Values(m.facts, func(v any) {
		s.find(v, m)
		_, isText := v.(string)
		_, isTruth := v.(bool)
		noText, noTruth = noText || !isText, noTruth || !isTruth
	})
	switch {
	case !whole:
		m.doubt(s.doubts.all)
	default:
		if noText {
			m.doubt(s.doubts.texts)
		}
		if noTruth {
			m.doubt(s.doubts.truths)
		}
	}
}

// find walks what is filed under the value v of an event.
func (s *slot) find(v any, m *memo) {
	switch v := v.(type) {
	case string:
		if n, ok := s.texts[v]; ok {
			m.walk(n, nil)
		}
		for _, l := range s.lengths {
			if l > len(v) {
				break
			}
			if n, ok := s.prefixes[v[:l]]; ok {
				m.walk(n, nil)
			}
		}
	case int64:
		if n, ok := s.numbers[v]; ok {
			m.walk(n, nil)
		}
	case float64: // 3.0 equals 3
		if i := int64(v); v >= -exactInt && v <= exactInt && float64(i) == v {
			s.find(i, m)
		}
	case bool:
		m.walk(&s.truths[truth(v)], nil)
	}
}
