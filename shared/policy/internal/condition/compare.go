package condition

import (
	"cmp"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// exactInt is the largest whole number that a double holds exactly.
const exactInt = 1 << 53

// equal compares two scalars as CEL does; it is Unsure about all else.
func equal(a, b any) Verdict {
	switch a := a.(type) {
	case nil:
		return of(b == nil)
	case string, bool:
		switch b.(type) {
		case string, bool, int64, float64, nil:
			return of(a == b)
		}
	case int64:
		switch b := b.(type) {
		case int64:
			return of(a == b)
		case string, bool, nil:
			return No
		}
	case float64:
		switch b := b.(type) {
		case float64:
			return of(a == b)
		case int64:
			if b <= exactInt && b >= -exactInt {
				return of(a == float64(b))
			}
		case string, bool, nil:
			return No
		}
	case map[string]any:
		if b == nil {
			return No
		}
	}
	return Unsure
}

func (t tree) fastEquals(args []ast.Expr, in *scope, not bool) *fast {
	answer := equal
	if not {
		answer = func(a, b any) Verdict { return negate(equal(a, b)) }
	}
	if c, ok := constant(args[1]); ok {
		return t.fastValue(args[0], in, func(v any) Verdict { return answer(v, c) })
	}
	if c, ok := constant(args[0]); ok {
		return t.fastValue(args[1], in, func(v any) Verdict { return answer(v, c) })
	}
	a, okA := t.path(args[0], in)
	b, okB := t.path(args[1], in)
	if !okA || !okB {
		return nil
	}
	return &fast{eval: func(f *Facts, elem any) Verdict {
		v, okV := follow(a.start(f, elem), a.Fields)
		w, okW := follow(b.start(f, elem), b.Fields)
		if !okV || !okW {
			return Unsure
		}
		return answer(v, w)
	}}
}

// mirrored are the operators with their sides exchanged.
var mirrored = map[string]string{
	operators.Less: operators.Greater, operators.LessEquals: operators.GreaterEquals,
	operators.Greater: operators.Less, operators.GreaterEquals: operators.LessEquals,
}

func (t tree) fastOrder(op string, args []ast.Expr, in *scope) *fast {
	side := args[0]
	c, ok := constant(args[1])
	if !ok {
		if c, ok = constant(args[0]); !ok {
			return nil
		}
		side, op = args[1], mirrored[op]
	}
	holds := map[string]func(int) bool{
		operators.Less:          func(c int) bool { return c < 0 },
		operators.LessEquals:    func(c int) bool { return c <= 0 },
		operators.Greater:       func(c int) bool { return c > 0 },
		operators.GreaterEquals: func(c int) bool { return c >= 0 },
	}[op]
	return t.fastValue(side, in, func(v any) Verdict {
		if order, ok := compare(v, c); ok {
			return of(holds(order))
		}
		return Unsure
	})
}

// compare orders values of one type.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case int64:
		b, ok := b.(int64)
		return cmp.Compare(a, b), ok
	case float64:
		b, ok := b.(float64)
		return cmp.Compare(a, b), ok
	case string:
		b, ok := b.(string)
		return cmp.Compare(a, b), ok
	}
	return 0, false
}
