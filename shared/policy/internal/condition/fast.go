package condition

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// verdict is the answer of a fast predicate.
type verdict uint8

const (
	unsure verdict = iota // CEL has to answer, possibly with an error
	no
	yes
)

func of(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// fast evaluates a part of a condition; elem is the element of a macro.
type fast func(f *Facts, elem any) verdict

// fast returns a short way to evaluate e, or nil if there is none. It answers
// only what it is sure that CEL would answer.
func (t tree) fast(e ast.Expr, in *scope) fast {
	switch e.Kind() {
	case ast.CallKind:
		return t.fastCall(e.AsCall(), in)
	case ast.SelectKind:
		if e.AsSelect().IsTestOnly() {
			return t.fastHas(e.AsSelect(), in)
		}
		return t.fastValue(e, in, func(v any) verdict {
			if b, ok := v.(bool); ok {
				return of(b)
			}
			return unsure
		})
	case ast.ComprehensionKind:
		return t.fastExists(e, in)
	}
	return nil
}

func (t tree) fastCall(c ast.CallExpr, in *scope) fast {
	args := c.Args()
	switch name := c.FunctionName(); name {
	case operators.LogicalAnd:
		return t.fastAll(args, in, no)
	case operators.LogicalOr:
		return t.fastAll(args, in, yes)
	case operators.LogicalNot:
		if inner := t.fast(args[0], in); inner != nil {
			return func(f *Facts, elem any) verdict { return negate(inner(f, elem)) }
		}
	case operators.Equals, operators.NotEquals:
		return t.fastEquals(args, in, name == operators.NotEquals)
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return t.fastOrder(name, args, in)
	case operators.In:
		return t.fastIn(args, in)
	case "startsWith", "endsWith", "contains", "matches":
		return t.fastText(c, in)
	}
	return nil
}

func negate(v verdict) verdict {
	switch v {
	case yes:
		return no
	case no:
		return yes
	}
	return unsure
}

// fastAll is && (decisive no) or || (decisive yes): one decisive part decides,
// whatever the others are.
func (t tree) fastAll(args []ast.Expr, in *scope, decisive verdict) fast {
	parts := make([]fast, len(args))
	for i, a := range args {
		if parts[i] = t.fast(a, in); parts[i] == nil {
			return nil
		}
	}
	return func(f *Facts, elem any) verdict {
		out := negate(decisive)
		for _, p := range parts {
			switch v := p(f, elem); v {
			case decisive:
				return decisive
			case unsure:
				out = unsure
			}
		}
		return out
	}
}

// fastValue applies then to the value at e, a path.
func (t tree) fastValue(e ast.Expr, in *scope, then func(v any) verdict) fast {
	p, ok := t.path(e, in)
	if !ok {
		return nil
	}
	return func(f *Facts, elem any) verdict {
		v, ok := follow(p.start(f, elem), p.Fields)
		if !ok {
			return unsure
		}
		return then(v)
	}
}

func (t tree) fastHas(s ast.SelectExpr, in *scope) fast {
	if !isObject(t.checked.GetType(s.Operand().ID())) {
		return nil
	}
	return t.fastValue(s.Operand(), in, func(v any) verdict {
		m, ok := v.(map[string]any)
		if v != nil && !ok {
			return unsure
		}
		return of(m[s.FieldName()] != nil)
	})
}

func (t tree) fastText(c ast.CallExpr, in *scope) fast {
	if !c.IsMemberFunction() || len(c.Args()) != 1 {
		return nil
	}
	value, _ := constant(c.Args()[0])
	arg, ok := value.(string)
	if !ok {
		return nil
	}
	test := func(s string) bool { return strings.HasPrefix(s, arg) }
	switch c.FunctionName() {
	case "endsWith":
		test = func(s string) bool { return strings.HasSuffix(s, arg) }
	case "contains":
		test = func(s string) bool { return strings.Contains(s, arg) }
	case "matches":
		var err error
		if test, err = pattern(arg); err != nil {
			return nil
		}
	}
	return t.fastValue(c.Target(), in, func(v any) verdict {
		if s, ok := v.(string); ok {
			return of(test(s))
		}
		return unsure
	})
}

// fastIn is a path in constants, or a constant in the list at a path.
func (t tree) fastIn(args []ast.Expr, in *scope) fast {
	if list, ok := constants(args[1]); ok {
		if slices.ContainsFunc(list, func(c any) bool { _, ok := c.(float64); return ok || c == nil }) {
			return nil
		}
		return t.fastValue(args[0], in, func(v any) verdict {
			switch v.(type) {
			case string, bool, int64:
				return of(slices.Contains(list, v))
			}
			return unsure
		})
	}
	c, ok := constant(args[0])
	if _, double := c.(float64); !ok || double || c == nil {
		return nil
	}
	return t.fastValue(args[1], in, func(v any) verdict {
		list, ok := v.([]any)
		if !ok && v != nil {
			return unsure
		}
		out := no
		for _, e := range list {
			switch equal(e, c) {
			case yes:
				return yes
			case unsure:
				out = unsure
			}
		}
		return out
	})
}

// fastExists is list.exists(x, …): one element that does decides.
func (t tree) fastExists(e ast.Expr, in *scope) fast {
	list, name, body, ok := t.macro(e, operators.Exists)
	if !ok || in != nil {
		return nil
	}
	inner := t.fast(body, &scope{name: name})
	p, ok := t.path(list, nil)
	if inner == nil || !ok {
		return nil
	}
	return func(f *Facts, _ any) verdict {
		v, ok := follow(p.start(f, nil), p.Fields)
		elems, isList := v.([]any)
		if !ok || (v != nil && !isList) {
			return unsure
		}
		out := no
		for _, e := range elems {
			switch inner(f, e) {
			case yes:
				return yes
			case unsure:
				out = unsure
			}
		}
		return out
	}
}
