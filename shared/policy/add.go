package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/index"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// Source is a policy as it is written. Find says where the text at path within
// the policy stands ("when"; "do", "with", "body"; "do", "1", "with", "body" in
// a list); nil says line and column 1.
type Source struct {
	Policy
	List bool // do is written as a list
	Find func(path []string, line, column int) (fileLine, fileColumn int)
}

// Add compiles one policy, files it in the index and gives it its place after
// the others. With any finding the set is as it was. Add may not be called
// beside other methods.
func (s *Set) Add(src Source) Findings {
	b := &adding{set: s, src: &src}
	p := src.Policy
	if at, ok := s.byName[p.Name]; ok {
		first := s.policies[at]
		b.find([]string{"name"}, 1, 1, fmt.Sprintf("the name %q is taken by %s:%d", p.Name, first.File, first.Line), "names are unique among all files")
	}
	b.limits()
	c := &compiled{events: map[string]*condition.Checked{}, steps: b.steps(), hash: src.sum()}
	events := b.events()
	parts := map[string][]*condition.Predicate{}
	for _, e := range events {
		parts[e] = b.condition(c, e)
		for i := range c.steps {
			b.arguments(c.steps, i, e)
		}
		if b.findings != nil {
			return b.findings // the first event that does not fit says it all
		}
	}
	if b.findings != nil {
		return b.findings
	}
	c.static = static(c.steps)
	number := len(s.policies)
	for _, e := range events {
		if s.byEvent[e] == nil {
			s.byEvent[e] = index.New()
		}
		if err := s.byEvent[e].Add(number, parts[e]); err != nil {
			b.find([]string{"when"}, 1, 1, err.Error(), "")
			return b.findings
		}
	}
	p.Version = hex.EncodeToString(c.hash[:])
	s.policies, s.compiled, s.byName[p.Name] = append(s.policies, &p), append(s.compiled, c), number
	return nil
}

// sum is over everything that changes what the policy does.
func (src *Source) sum() [sha256.Size]byte {
	p := src.Policy
	p.File, p.Line, p.Description = "", 0, ""
	raw, err := json.Marshal(p)
	if err != nil { // a step's With comes from YAML or JSON
		raw = []byte(err.Error())
	}
	return sha256.Sum256(raw)
}

type adding struct {
	set      *Set
	src      *Source
	findings Findings
}

func (b *adding) find(path []string, line, column int, message, hint string) {
	l, c := 1, 1
	if b.src.Find != nil {
		l, c = b.src.Find(path, line, column)
	}
	b.findings = append(b.findings, Finding{File: b.src.File, Line: l, Column: c, Message: message, Hint: hint})
}

// events returns the events that the policy is on.
func (b *adding) events() []string {
	var out []string
	for i, on := range b.src.On {
		names := b.set.types.Expand(on)
		if names == nil {
			path := []string{"on", strconv.Itoa(i)}
			if on == webhook.Prefix+"repository_dispatch" || strings.HasPrefix(on, webhook.Prefix+"repository_dispatch.") {
				b.find(path, 1, 1, fmt.Sprintf("the event %q has actions of its senders' own", on), `write "com.github.repository_dispatch.*" and test event.action`)
				continue
			}
			b.find(path, 1, 1, fmt.Sprintf("the event %q is unknown", on), suggest.Closest(on, b.set.types.Types()))
		}
		out = append(out, names...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (b *adding) condition(c *compiled, event string) []*condition.Predicate {
	if b.src.When == "" {
		c.events[event] = nil
		return nil
	}
	fail := func(problems []condition.Problem) []*condition.Predicate {
		for _, p := range problems {
			b.find([]string{"when"}, p.Line, p.Column, p.Message, p.Hint)
		}
		return nil
	}
	parsed, problems := b.set.compiler.Parse(b.src.When)
	if problems != nil {
		return fail(problems)
	}
	checked, problems := b.set.compiler.Check(parsed, event)
	if problems != nil {
		if len(b.src.On) > 1 || strings.HasSuffix(b.src.On[0], "*") {
			problems[0].Message += " in " + webhook.Prefix + event
		}
		return fail(problems)
	}
	if kind := checked.Kind(); kind != "bool" && kind != "dyn" {
		return fail([]condition.Problem{{Line: 1, Column: 1, Message: fmt.Sprintf("the condition gives a value of type %s; it has to be true or false", checked.TypeName())}})
	}
	parts, err := checked.Split()
	if err != nil {
		return fail([]condition.Problem{{Line: 1, Column: 1, Message: err.Error()}})
	}
	c.events[event] = checked
	return parts
}
