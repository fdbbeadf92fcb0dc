package policy

import (
	"fmt"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// explain evaluates the policy's condition part by part.
func (s *Set) explain(in *Input, n int) Explanation {
	p, c := s.policies[n], s.compiled[n]
	x := Explanation{Policy: p.Name, File: p.File, Line: p.Line}
	checked, ok := c.events[webhook.Event(in.event.Type)]
	switch {
	case !ok:
		x.Root = Node{Source: "on: " + strings.Join(p.On, ", "), Value: "false", Facts: map[string]any{"meta.type": in.event.Type}}
		x.Change = fmt.Sprintf("would match only events of %s (this one is %s)", strings.Join(p.On, ", "), in.event.Type)
		return x
	case checked == nil:
		x.Matched = true
		x.Root = Node{Source: "on: " + strings.Join(p.On, ", "), Value: "true", Facts: map[string]any{"meta.type": in.event.Type}}
		x.Change = "has no condition: it matches every event of its types"
		return x
	}
	part := checked.Explain(in.facts())
	x.Root = nodeOf(part)
	x.Matched = part.Err == nil && part.Holds
	switch {
	case part.Err != nil:
		x.Error = part.Err.Error()
		x.Change = "would match if the condition could be evaluated: " + part.Err.Error()
	case x.Matched:
		x.Change = "would no longer match if " + part.Change
	default:
		x.Change = "would match if " + part.Change
	}
	return x
}

func nodeOf(p condition.Part) Node {
	n := Node{Source: p.Source, Value: fmt.Sprint(p.Holds), Facts: p.Facts}
	if p.Err != nil {
		n.Value = "error: " + p.Err.Error()
	}
	for _, c := range p.Parts {
		n.Children = append(n.Children, nodeOf(c))
	}
	return n
}
