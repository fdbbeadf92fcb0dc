// Package index finds, for one type of event, the conditions that hold,
// without looking at those that cannot: each condition is filed under a
// constant that the event must have (docs/adr/0005), and a part that several
// conditions share is evaluated once an event. It knows no CEL and no files.
package index

import (
	"slices"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// Index holds the conditions on one type of event. Match may be called
// concurrently; Add may not be called beside it.
type Index struct {
	predicates []*condition.Predicate
	byText     map[string]int32
	slots      []*slot
	byPath     map[string]*slot
	rest       node // conditions that no constant leads to
	scratch    sync.Pool
}

// New returns an empty index.
func New() *Index {
	x := &Index{byText: map[string]int32{}, byPath: map[string]*slot{}}
	x.scratch.New = func() any { return new(memo) }
	return x
}

// Add files the condition with the given number: all of parts have to hold.
// The part with the rarest constants says where it is filed.
func (x *Index) Add(number int, parts []*condition.Predicate) error {
	best, size := -1, 0
	for i, p := range parts {
		if len(p.Keys) == 0 {
			continue
		}
		if n := x.count(p.Keys); best < 0 || n < size {
			best, size = i, n
		}
	}
	var ids []int32
	for i, p := range parts {
		if i == best && p.Exact {
			continue
		}
		id, err := x.intern(p)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if best < 0 {
		x.rest.add(ids, int32(number))
		return nil
	}
	for _, k := range parts[best].Keys {
		x.slot(k.Path).node(k).add(ids, int32(number))
	}
	return nil
}

func (x *Index) count(keys []condition.Key) int {
	n := 0
	for _, k := range keys {
		if s, ok := x.byPath[k.Path.String()]; ok {
			n += s.count(k)
		}
	}
	return n
}

// intern returns the number of the predicate that all equal ones share.
func (x *Index) intern(p *condition.Predicate) (int32, error) {
	if id, ok := x.byText[p.Text]; ok {
		return id, nil
	}
	if err := p.Prepare(); err != nil {
		return 0, err //nolint:wrapcheck // says what was done
	}
	id := int32(len(x.predicates))
	x.predicates = append(x.predicates, p)
	x.byText[p.Text] = id
	return id, nil
}

func (x *Index) slot(p condition.Path) *slot {
	name := p.String()
	s, ok := x.byPath[name]
	if !ok {
		s = newSlot(p)
		x.byPath[name] = s
		x.slots = append(x.slots, s)
	}
	return s
}

// Failure is a condition that could not be evaluated.
type Failure struct {
	Number int
	Err    error
}

// Match returns the numbers of the conditions that hold, ascending, and of
// those that would hold but for an error.
func (x *Index) Match(f *condition.Facts) (hits []int, failures []Failure) {
	m, ok := x.scratch.Get().(*memo)
	if !ok {
		m = new(memo)
	}
	m.begin(x.predicates, f)
	m.walk(&x.rest, nil)
	for _, s := range x.slots {
		s.path.Values(f, func(v any) { s.find(v, m) })
	}
	hits, failures = m.results()
	m.end()
	x.scratch.Put(m)
	return hits, failures
}
