package policy

import (
	"fmt"
	"strings"
	"sync"

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
	part := s.explainers.of(n, checked).Explain(in.facts())
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

// maxExplainers bounds the memory of compiled explanations, about 12 KiB for three parts.
const maxExplainers = 1_024

// explainers keeps the compiled explanations that were asked for: decisions
// explain the same few policies again and again, and compiling one costs
// forty times what evaluating it does.
type explainers struct {
	mu    sync.Mutex
	known map[explainerKey]func() *condition.Explainer
}

type explainerKey struct {
	policy int
	event  string
}

// of returns the explainer of policy n for the event of checked.
func (x *explainers) of(n int, checked *condition.Checked) *condition.Explainer {
	return x.compiling(explainerKey{n, checked.Event}, checked)()
}

func (x *explainers) compiling(key explainerKey, checked *condition.Checked) func() *condition.Explainer {
	x.mu.Lock()
	defer x.mu.Unlock()
	compile, ok := x.known[key]
	if ok {
		return compile
	}
	if x.known == nil {
		x.known = map[explainerKey]func() *condition.Explainer{}
	}
	if len(x.known) >= maxExplainers {
		for old := range x.known { // which one goes is chance: no order to keep, and none to defeat
			delete(x.known, old)
			break
		}
	}
	compile = sync.OnceValue(checked.Explainer) // runs outside the lock
	x.known[key] = compile
	return compile
}
