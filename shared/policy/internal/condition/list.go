package condition

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// fastIn is a path in constants, or a constant in the list at a path.
func (t tree) fastIn(args []ast.Expr, in *scope) *fast {
	if list, ok := constants(args[1]); ok {
		if slices.ContainsFunc(list, func(c any) bool { _, ok := c.(float64); return ok || c == nil }) {
			return nil
		}
		return t.fastValue(args[0], in, func(v any) Verdict {
			switch v.(type) {
			case string, bool, int64:
				return of(slices.Contains(list, v))
			}
			return Unsure
		})
	}
	c, ok := constant(args[0])
	if _, double := c.(float64); !ok || double || c == nil {
		return nil
	}
	return t.fastValue(args[1], in, func(v any) Verdict {
		list, ok := v.([]any)
		if !ok && v != nil {
			return Unsure
		}
		out := No
		for _, e := range list {
			switch equal(e, c) {
			case Yes:
				return Yes
			case Unsure:
				out = Unsure
			}
		}
		return out
	})
}

// fastExists is list.exists(x, …): one element that does decides.
func (t tree) fastExists(e ast.Expr, in *scope) *fast {
	list, name, body, ok := t.macro(e, operators.Exists)
	if !ok || in != nil {
		return nil
	}
	inner := t.fast(body, &scope{name: name})
	p, ok := t.path(list, nil)
	if inner == nil || !ok {
		return nil
	}
	return &fast{eval: func(f *Facts, _ any) Verdict {
		v, ok := follow(p.start(f, nil), p.Fields)
		elems, isList := v.([]any)
		if !ok || (v != nil && !isList) {
			return Unsure
		}
		out := No
		for _, e := range elems {
			switch inner.ask(f, e) {
			case Yes:
				return Yes
			case Unsure:
				out = Unsure
			}
		}
		return out
	}}
}
