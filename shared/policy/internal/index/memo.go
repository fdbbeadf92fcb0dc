package index

import (
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// memo is the state of matching one event: each predicate's answer and each
// subject's value, once it is known. Those of earlier events are told by their
// generation, so that nothing is cleared between events.
type memo struct {
	index      *Index
	facts      *condition.Facts
	generation uint32
	answers    []answer
	values     []value
	read       []int32 // which of values this event gave
	errs       map[int32]error
	hits       []int
	failures   []Failure
	doubted    int // how many conditions were asked for their errors
}

type answer struct {
	generation uint32
	holds      bool
	failed     bool
}

type value struct {
	generation uint32
	ok         bool
	v          any
	letters    condition.Letters
}

func (m *memo) begin(x *Index, f *condition.Facts) {
	m.index, m.facts = x, f
	if m.generation++; m.generation == 0 { // wrapped: old answers could look new
		clear(m.answers)
		clear(m.values)
		m.generation = 1
	}
	if missing := len(x.predicates) - len(m.answers); missing > 0 {
		m.answers = append(m.answers, make([]answer, missing)...)
	}
	if missing := len(x.subjects) - len(m.values); missing > 0 {
		m.values = append(m.values, make([]value, missing)...)
	}
}

// end lets go of the event.
func (m *memo) end() {
	m.index, m.facts, m.hits, m.failures = nil, nil, m.hits[:0], m.failures[:0]
	m.doubted = 0
	clear(m.errs)
	for _, n := range m.read {
		m.values[n].v = nil
	}
	m.read = m.read[:0]
}

const noSubject = int32(-1)

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
	var letters condition.Letters
	of := noSubject // whose letters these are: neighbours mostly ask about one value
	for i := range n.edges {
		e := &n.edges[i]
		if e.need != (condition.Letters{}) {
			if e.subject != of {
				of, letters = e.subject, m.value(e.subject).letters
			}
			if letters.Lack(e.need) {
				continue
			}
		}
		a := m.ask(&e.step)
		switch {
		case a.failed && err == nil:
			m.walk(e.to, m.errs[e.predicate])
		case a.failed || a.holds:
			m.walk(e.to, err)
		}
	}
}

// ask returns a predicate's answer.
func (m *memo) ask(s *step) answer {
	a := &m.answers[s.predicate]
	if a.generation != m.generation {
		m.answer(s, a)
	}
	return *a
}

func (m *memo) answer(s *step, a *answer) {
	holds, err := m.eval(s)
	*a = answer{generation: m.generation, holds: holds, failed: err != nil}
	if err != nil {
		if m.errs == nil {
			m.errs = map[int32]error{}
		}
		m.errs[s.predicate] = err
	}
}

func (m *memo) eval(s *step) (bool, error) {
	p := &m.index.predicates[s.predicate]
	if p.test != nil {
		if v := m.value(s.subject); v.ok {
			if verdict := p.test(v.v); verdict != condition.Unsure {
				return verdict == condition.Yes, nil
			}
		}
	}
	return p.whole.Eval(m.facts) //nolint:wrapcheck // CEL's sentence is the answer
}

func (m *memo) value(subject int32) *value {
	v := &m.values[subject]
	if v.generation != m.generation {
		m.follow(subject, v)
	}
	return v
}

func (m *memo) follow(subject int32, v *value) {
	m.read = append(m.read, subject)
	v.generation = m.generation
	v.v, v.ok = m.index.subjects[subject].Value(m.facts)
	v.letters = condition.LettersOf(v.v)
}

// sorted returns the hits in order and once; they are the memo's own.
func (m *memo) sorted() []int {
	if len(m.hits) > 1 {
		slices.Sort(m.hits)
		m.hits = slices.Compact(m.hits)
	}
	return m.hits
}

// failed returns the failures in order and once.
func (m *memo) failed() []Failure {
	if len(m.failures) == 0 {
		return nil
	}
	slices.SortFunc(m.failures, func(a, b Failure) int { return a.Number - b.Number })
	return slices.Clone(slices.CompactFunc(m.failures, func(a, b Failure) bool { return a.Number == b.Number }))
}
