package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// arguments compiles the templates of one policy's `with` for one event.
type arguments struct {
	compiler *condition.Compiler
	event    string
	at       []string // where the step's "with" stands within the policy
	problem  func(path []string, line, column int, message, hint string)
	holes    map[string]hole // where there are expressions
}

// hole is an argument, or an element or member of one, with an expression.
type hole struct {
	kind         string // of its value: condition.Checked.Kind, "text" for one with literal text
	line, column int    // of the expression within the text
}

// compile returns a template for v, which stands at path, and a sample of what
// it gives: v with a value of the right type in place of each expression.
func (a *arguments) compile(v any, path []string) (template, any) {
	switch v := v.(type) {
	case string:
		return a.text(v, path)
	case []any:
		parts, sample := make([]template, len(v)), make([]any, len(v))
		for i, e := range v {
			parts[i], sample[i] = a.compile(e, append(slices.Clone(path), strconv.Itoa(i)))
		}
		return list(parts), sample
	case object:
		parts, sample := make(map[string]template, len(v)), make(object, len(v))
		for name, e := range v {
			parts[name], sample[name] = a.compile(e, append(slices.Clone(path), name))
		}
		return members(parts), sample
	}
	return fixed(v), v
}

func (a *arguments) text(s string, path []string) (template, any) {
	pieces, err := cut(s)
	if err != nil {
		a.problem(path, 1, 1, err.Error(), "")
		return fixed(s), s
	}
	if text, ok := plainText(pieces); ok {
		return fixed(text), text
	}
	parts, h, literal := make([]template, len(pieces)), hole{kind: "text"}, ""
	for i, p := range pieces {
		if parts[i] = fixed(p.text); !p.expression {
			literal += p.text
			continue
		}
		var kind string
		if parts[i], kind = a.expression(p, s, path); len(pieces) == 1 {
			h.kind = kind // the whole text is one expression: its type is kept
		}
		if h.line == 0 {
			h.line, h.column = place(s, p.offset, 1, 1)
		}
	}
	a.holes[strings.Join(path, "\x00")] = h
	if h.kind != "text" {
		return parts[0], sampleOf(h.kind)
	}
	return join(parts), literal
}

// expression returns the template of p, a piece of the text whole, and the
// kind of its value.
func (a *arguments) expression(p piece, whole string, path []string) (template, string) {
	fail := func(problems []condition.Problem) (template, string) {
		for _, pr := range problems {
			line, column := place(whole, p.offset, pr.Line, pr.Column)
			a.problem(path, line, column, pr.Message, pr.Hint)
		}
		return fixed(""), "dyn"
	}
	parsed, problems := a.compiler.Parse(p.text)
	if problems != nil {
		return fail(problems)
	}
	checked, problems := a.compiler.Check(parsed, a.event)
	if problems != nil {
		return fail(problems)
	}
	x, err := checked.Expression()
	if err != nil {
		return fail([]condition.Problem{{Line: 1, Column: 1, Message: err.Error()}})
	}
	return x.Value, checked.Kind()
}

// place returns the line and column in text of a place in the expression that
// begins at offset.
func place(text string, offset, line, column int) (int, int) {
	l, c := 1, 1
	for _, r := range text[:offset] {
		c++
		if r == '\n' {
			l, c = l+1, 1
		}
	}
	if line == 1 {
		return l, c + column - 1
	}
	return l + line - 1, column
}

func list(parts []template) template {
	return func(f *condition.Facts) (any, error) {
		out := make([]any, len(parts))
		for i, p := range parts {
			v, err := p(f)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	}
}

func members(parts map[string]template) template {
	return func(f *condition.Facts) (any, error) {
		out := make(object, len(parts))
		for name, p := range parts {
			v, err := p(f)
			if err != nil {
				return nil, err
			}
			out[name] = v
		}
		return out, nil
	}
}
