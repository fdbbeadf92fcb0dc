package autonomy

import (
	"fmt"
	"strings"
)

// Bound is one thing that keeps a level from being higher, and why.
type Bound struct {
	Source string `json:"source"` // "policy", "capability", "action", "repository", "author", "autonomy.yaml"
	Level  string `json:"level"`
	Why    string `json:"why"` // one clause, for people
}

// Question is what is to be done, by which policy, because of whom.
type Question struct {
	Policy     string // its name
	Level      string // that it is granted
	Capability string
	Actions    []string // all of its steps
	Repository string   // "owner/name"
	Author     Author
	More       []Bound // by others: a model's confidence
}

// Verdict is the effective level: the lowest of all bounds.
type Verdict struct {
	Level  string  `json:"level"`
	Bounds []Bound `json:"bounds"`
}

// Effective says how much may be done by itself. No matrix, or a word that it
// does not know, permits nothing but observing.
func (m *Matrix) Effective(q Question) Verdict {
	bounds := []Bound{{"policy", q.Level, "policy " + q.Policy + " is at " + q.Level}}
	if m == nil {
		bounds = append(bounds, Bound{"autonomy.yaml", L1, "no autonomy.yaml is in force; `infinity policy validate` says why"})
		return lowest(append(bounds, q.More...))
	}
	c, ok := m.Capabilities[q.Capability]
	if !ok {
		bounds = append(bounds, Bound{"capability", L1, fmt.Sprintf("autonomy.yaml permits nothing of capability %q", q.Capability)})
		return lowest(append(bounds, q.More...))
	}
	bounds = append(bounds, Bound{"capability", c.Level, "capability " + q.Capability + " is at " + c.Level})
	for _, action := range q.Actions {
		if !permits(c.Actions, action) {
			bounds = append(bounds, Bound{"action", L1, "capability " + q.Capability + " does not list " + action})
		}
	}
	if !permits(c.Repositories, q.Repository) {
		bounds = append(bounds, Bound{"repository", L1, fmt.Sprintf("capability %s does not list repository %q", q.Capability, q.Repository)})
	}
	bounds = append(bounds, m.authorBound(c, q))
	return lowest(append(bounds, q.More...))
}

func (m *Matrix) authorBound(c Capability, q Question) Bound {
	level, where := c.Authors[q.Author.Trust], "capability "+q.Capability
	if level == "" {
		level, where = m.Authors[q.Author.Trust], "autonomy.yaml"
	}
	if level == "" {
		level = L1
	}
	return Bound{"author", level, fmt.Sprintf("%s gives events of %s %s", where, q.Author, level)}
}

func lowest(bounds []Bound) Verdict {
	v := Verdict{Level: L5, Bounds: bounds}
	for _, b := range bounds {
		switch {
		case b.Level < L1 || b.Level > L5 || len(b.Level) != len(L1):
			v.Level = L1 // not a level: nothing that was understood
		case b.Level < v.Level:
			v.Level = b.Level
		}
	}
	return v
}

// Why says in one clause what the effective level is held down by: all bounds
// at that level.
func (v Verdict) Why() string {
	var why []string
	for _, b := range v.Bounds {
		if b.Level == v.Level {
			why = append(why, b.Why)
		}
	}
	return strings.Join(why, ", and ")
}
