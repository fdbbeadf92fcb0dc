package condition

import (
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Verdict is the answer of the short way to evaluate a predicate.
type Verdict uint8

// The verdicts.
const (
	Unsure Verdict = iota // CEL has to answer, possibly with an error
	No
	Yes
)

func of(b bool) Verdict {
	if b {
		return Yes
	}
	return No
}

// fast evaluates a part of a condition in a short way: by a test of the value
// at one path, so that whoever asks many tests follows the path once, or by a
// function of the facts, where elem is the element of a macro.
type fast struct {
	path *Path
	test func(v any) Verdict
	need Letters // of the text at path, or test says No
	eval func(f *Facts, elem any) Verdict
}

func (q *fast) ask(f *Facts, elem any) Verdict {
	if q.path == nil {
		return q.eval(f, elem)
	}
	if v, ok := follow(q.path.start(f, elem), q.path.Fields); ok {
		return q.test(v)
	}
	return Unsure
}

// fast returns a short way to evaluate e, or nil if there is none. It answers
// only what it is sure that CEL would answer.
func (t tree) fast(e ast.Expr, in *scope) *fast {
	switch e.Kind() {
	case ast.CallKind:
		return t.fastCall(e.AsCall(), in)
	case ast.SelectKind:
		if e.AsSelect().IsTestOnly() {
			return t.fastHas(e.AsSelect(), in)
		}
		return t.fastValue(e, in, func(v any) Verdict {
			if b, ok := v.(bool); ok {
				return of(b)
			}
			return Unsure
		})
	case ast.ComprehensionKind:
		return t.fastExists(e, in)
	}
	return nil
}

func (t tree) fastCall(c ast.CallExpr, in *scope) *fast {
	args := c.Args()
	switch name := c.FunctionName(); name {
	case operators.LogicalAnd:
		return t.fastAll(args, in, No)
	case operators.LogicalOr:
		return t.fastAll(args, in, Yes)
	case operators.LogicalNot:
		if inner := t.fast(args[0], in); inner != nil {
			return inner.negated()
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

func negate(v Verdict) Verdict {
	switch v {
	case Yes:
		return No
	case No:
		return Yes
	}
	return Unsure
}

func (q *fast) negated() *fast {
	if q.path != nil {
		return &fast{path: q.path, test: func(v any) Verdict { return negate(q.test(v)) }}
	}
	return &fast{eval: func(f *Facts, elem any) Verdict { return negate(q.eval(f, elem)) }}
}

// fastAll is && (decisive No) or || (decisive Yes): one decisive part decides,
// whatever the others are.
func (t tree) fastAll(args []ast.Expr, in *scope, decisive Verdict) *fast {
	parts := make([]*fast, len(args))
	for i, a := range args {
		if parts[i] = t.fast(a, in); parts[i] == nil {
			return nil
		}
	}
	return &fast{eval: func(f *Facts, elem any) Verdict {
		out := negate(decisive)
		for _, p := range parts {
			switch v := p.ask(f, elem); v {
			case decisive:
				return decisive
			case Unsure:
				out = Unsure
			}
		}
		return out
	}}
}

// fastValue tests the value at e, a path.
func (t tree) fastValue(e ast.Expr, in *scope, test func(v any) Verdict) *fast {
	if p, ok := t.path(e, in); ok {
		return &fast{path: &p, test: test}
	}
	return nil
}

func (t tree) fastHas(s ast.SelectExpr, in *scope) *fast {
	if !isObject(t.checked.GetType(s.Operand().ID())) {
		return nil
	}
	return t.fastValue(s.Operand(), in, func(v any) Verdict {
		m, ok := v.(map[string]any)
		if v != nil && !ok {
			return Unsure
		}
		return of(m[s.FieldName()] != nil)
	})
}

func (t tree) fastText(c ast.CallExpr, in *scope) *fast {
	if !c.IsMemberFunction() || len(c.Args()) != 1 {
		return nil
	}
	value, _ := constant(c.Args()[0])
	arg, ok := value.(string)
	if !ok {
		return nil
	}
	test, need := func(s string) bool { return strings.HasPrefix(s, arg) }, lettersIn(arg)
	switch c.FunctionName() {
	case "endsWith":
		test = func(s string) bool { return strings.HasSuffix(s, arg) }
	case "contains":
		test = func(s string) bool { return strings.Contains(s, arg) }
	case "matches":
		var err error
		if test, need, err = pattern(arg); err != nil {
			return nil
		}
	}
	q := t.fastValue(c.Target(), in, func(v any) Verdict {
		if s, ok := v.(string); ok {
			return of(test(s))
		}
		return Unsure
	})
	if q != nil {
		q.need = need
	}
	return q
}
