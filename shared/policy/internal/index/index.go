// Package index finds, for one type of event, the conditions that hold,
// without looking at those that cannot: each condition is filed under a
// constant that the event must have (docs/adr/0005), and a part that several
// conditions share is evaluated once an event. It knows no CEL and no files.
package index

import (
	"cmp"
	"slices"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// Index holds the conditions on one type of event. Match may be called
// concurrently; Add may not be called beside it.
type Index struct {
	predicates []predicate
	byText     map[string]int32
	subjects   []condition.Path // what predicates are about, each once
	bySubject  map[string]int32
	slots      []*slot
	byPath     map[string]*slot
	rest       node // conditions that no constant leads to
	scratch    sync.Pool
}

// predicate is a part of conditions. If it is about one value, that is the
// subject with the given number; otherwise it has no test.
type predicate struct {
	step  step
	test  func(v any) condition.Verdict
	whole *condition.Predicate
}

// New returns an empty index.
func New() *Index {
	x := &Index{byText: map[string]int32{}, bySubject: map[string]int32{}, byPath: map[string]*slot{}}
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
	var steps []step
	for i, p := range parts {
		if i == best && p.Exact {
			continue
		}
		id, err := x.intern(p)
		if err != nil {
			return err
		}
		steps = append(steps, x.predicates[id].step)
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(x.predicates[a.predicate].whole.Order()-x.predicates[b.predicate].whole.Order(), int(a.predicate-b.predicate))
	})
	steps = slices.Compact(steps)
	if best < 0 {
		x.rest.add(steps, int32(number))
		return nil
	}
	filed := &filed{number: int32(number), part: parts[best], rest: steps}
	for _, k := range parts[best].Keys {
		s := x.slot(k.Path)
		s.node(k).add(steps, filed.number)
		s.doubts.add(k, filed)
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
	added := predicate{whole: p, step: step{predicate: id}}
	if t := p.Test(); t.Of != nil {
		added.test, added.step.need, added.step.subject = t.Of, t.Need, x.subject(t.Path)
	}
	x.predicates = append(x.predicates, added)
	x.byText[p.Text] = id
	return id, nil
}

func (x *Index) subject(p condition.Path) int32 {
	name := p.String()
	n, ok := x.bySubject[name]
	if !ok {
		n = int32(len(x.subjects))
		x.subjects, x.bySubject[name] = append(x.subjects, p), n
	}
	return n
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

// Match appends to hits the numbers of the conditions that hold, ascending, and
// returns those that would hold but for an error.
func (x *Index) Match(f *condition.Facts, hits []int) ([]int, []Failure) {
	m, ok := x.scratch.Get().(*memo)
	if !ok {
		m = new(memo)
	}
	m.begin(x, f)
	m.walk(&x.rest, nil)
	for _, s := range x.slots {
		s.match(m)
	}
	hits, failures := append(hits, m.sorted()...), m.failed()
	m.end()
	x.scratch.Put(m)
	return hits, failures
}
