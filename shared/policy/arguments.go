package policy

import (
	"slices"
	"strconv"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// arguments compiles the templates of one policy's `with` for one event.
type arguments struct {
	compiler *condition.Compiler
	event    string
	problem  func(path []string, line, column int, message, hint string)
	dynamic  bool // there is an expression
}

// compile returns a template for v, which stands at path.
func (a *arguments) compile(v any, path []string) template {
	switch v := v.(type) {
	case string:
		return a.text(v, path)
	case []any:
		parts := make([]template, len(v))
		for i, e := range v {
			parts[i] = a.compile(e, append(slices.Clone(path), strconv.Itoa(i)))
		}
		return list(parts)
	case object:
		parts := make(map[string]template, len(v))
		for name, e := range v {
			parts[name] = a.compile(e, append(slices.Clone(path), name))
		}
		return members(parts)
	}
	return fixed(v)
}

func (a *arguments) text(s string, path []string) template {
	pieces, err := cut(s)
	if err != nil {
		a.problem(path, 1, 1, err.Error(), "")
		return fixed(s)
	}
	if text, ok := plainText(pieces); ok {
		return fixed(text)
	}
	a.dynamic = true
	parts := make([]template, len(pieces))
	for i, p := range pieces {
		parts[i] = fixed(p.text)
		if p.expression {
			parts[i] = a.expression(p, s, path)
		}
	}
	if len(parts) == 1 {
		return parts[0] // the whole text is one expression: its type is kept
	}
	return join(parts)
}

func (a *arguments) expression(p piece, whole string, path []string) template {
	fail := func(problems []condition.Problem) template {
		for _, pr := range problems {
			line, column := place(whole, p.offset, pr.Line, pr.Column)
			a.problem(path, line, column, pr.Message, pr.Hint)
		}
		return fixed("")
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
	return x.Value
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
