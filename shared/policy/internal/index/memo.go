package index

import (
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// memo is the state of matching one event: each predicate's answer, once it
// is known. Answers of earlier events are told by their generation, so that
// nothing is cleared between events.
type memo struct {
	predicates []*condition.Predicate
	facts      *condition.Facts
	generation uint32
	answers    []answer
	errs       map[int32]error
	hits       []int
	failures   []Failure
}

type answer struct {
	generation uint32
	holds      bool
	failed     bool
}

func (m *memo) begin(predicates []*condition.Predicate, f *condition.Facts) {
	m.predicates, m.facts = predicates, f
	if m.generation++; m.generation == 0 { // wrapped: old answers could look new
		clear(m.answers)
		m.generation = 1
	}
	if missing := len(predicates) - len(m.answers); missing > 0 {
		m.answers = append(m.answers, make([]answer, missing)...)
	}
}

// end lets go of the event.
func (m *memo) end() {
	m.predicates, m.facts, m.hits, m.failures = nil, nil, m.hits[:0], m.failures[:0]
	clear(m.errs)
}

// walk follows the predicates that hold. A predicate with an error settles
// nothing: CEL's false beats an error, so those below may still say no.
func (m *memo) walk(n *node, err error) {
	for _, number := range n.done {
		if err != nil {
			m.failures = append(m.failures, Failure{Number: int(number), Err: err})
		} else {
			m.hits = append(m.hits, int(number))
		}
	}
	for _, e := range n.edges {
		a := m.ask(e.predicate)
		switch {
		case a.failed && err == nil:
			m.walk(e.to, m.errs[e.predicate])
		case a.failed || a.holds:
			m.walk(e.to, err)
		}
	}
}

func (m *memo) ask(id int32) answer {
	a := &m.answers[id]
	if a.generation == m.generation {
		return *a
	}
	holds, err := m.predicates[id].Eval(m.facts)
	*a = answer{generation: m.generation, holds: holds, failed: err != nil}
	if err != nil {
		if m.errs == nil {
			m.errs = map[int32]error{}
		}
		m.errs[id] = err
	}
	return *a
}

// results returns what was found, in order and once.
func (m *memo) results() ([]int, []Failure) {
	var hits []int
	if len(m.hits) > 0 {
		slices.Sort(m.hits)
		hits = slices.Clone(slices.Compact(m.hits))
	}
	var failures []Failure
	if len(m.failures) > 0 {
		slices.SortFunc(m.failures, func(a, b Failure) int { return a.Number - b.Number })
		failures = slices.Clone(slices.CompactFunc(m.failures, func(a, b Failure) bool { return a.Number == b.Number }))
	}
	return hits, failures
}
