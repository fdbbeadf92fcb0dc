package index

import "github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"

// maxDoubts is how many conditions are asked for the sake of their errors, for
// one event: whoever writes an issue without a body may not make all
// conditions on bodies run. Those beyond are told as "no match" alone.
const maxDoubts = 256

// filed is a condition under a key: the part that gave the key, and the rest.
type filed struct {
	number int32
	part   *condition.Predicate
	rest   []step
}

// doubts are the conditions of one slot by what makes their filed part an
// error instead of a plain no.
type doubts struct {
	all    []*filed // a path that cannot be followed
	texts  []*filed // a value that is no text
	truths []*filed // a value that is no truth value
}

func (d *doubts) add(k condition.Key, c *filed) {
	d.all = appendOnce(d.all, c)
	if k.Prefix {
		d.texts = appendOnce(d.texts, c)
	}
	if k.Bare {
		d.truths = appendOnce(d.truths, c)
	}
}

// appendOnce leaves out what came last: a condition comes with all its keys.
func appendOnce(list []*filed, c *filed) []*filed {
	if n := len(list); n > 0 && list[n-1] == c {
		return list
	}
	return append(list, c)
}

// doubt adds the failures among conditions whose filed part may be an error.
// Those that hold are found by their keys.
func (m *memo) doubt(conditions []*filed) {
	for _, c := range conditions {
		if m.doubted++; m.doubted > maxDoubts {
			return
		}
		holds, err := c.part.Eval(m.facts)
		if holds || err != nil {
			m.ruleOut(c, err)
		}
	}
}

// ruleOut adds c's failure unless a part of the rest is false, which beats it.
func (m *memo) ruleOut(c *filed, err error) {
	for i := range c.rest {
		switch a := m.ask(&c.rest[i]); {
		case !a.failed && !a.holds:
			return
		case a.failed && err == nil:
			err = m.errs[c.rest[i].predicate]
		}
	}
	if err != nil {
		m.failures = append(m.failures, Failure{Number: int(c.number), Err: err})
	}
}
