package condition

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// tree reads a checked expression.
type tree struct{ checked *ast.AST }

// scope is the variable of a macro over a list, or nil.
type scope struct{ name string }

// path returns the path that e is: fields only, of objects whose type is
// known, from event, meta or the variable of in.
func (t tree) path(e ast.Expr, in *scope) (Path, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		switch name := e.AsIdent(); {
		case in != nil && name == in.name:
			return Path{Root: elemRoot}, true
		case name == "event":
			return Path{Root: eventRoot}, true
		case name == "meta":
			return Path{Root: metaRoot}, true
		}
	case ast.SelectKind:
		s := e.AsSelect()
		if s.IsTestOnly() || !isObject(t.checked.GetType(s.Operand().ID())) {
			return Path{}, false
		}
		p, ok := t.path(s.Operand(), in)
		p.Fields = append(p.Fields, s.FieldName())
		return p, ok
	}
	return Path{}, false
}

// isObject says whether t has fields of its own; a nullable scalar has none.
func isObject(t *types.Type) bool {
	return t.Kind() == types.StructKind && wrapped(t) == "map"
}

// constant returns the value of a literal: string, int64, bool, float64 or nil
// for null.
func constant(e ast.Expr) (any, bool) {
	if e.Kind() != ast.LiteralKind {
		return nil, false
	}
	switch v := e.AsLiteral().(type) {
	case types.String:
		return string(v), true
	case types.Int:
		return int64(v), true
	case types.Bool:
		return bool(v), true
	case types.Double:
		return float64(v), true
	case types.Null:
		return nil, true
	}
	return nil, false
}

// constants returns the elements of a list of literals.
func constants(e ast.Expr) ([]any, bool) {
	if e.Kind() != ast.ListKind {
		return nil, false
	}
	var out []any
	for _, el := range e.AsList().Elements() {
		c, ok := constant(el)
		if !ok {
			return nil, false
		}
		out = append(out, c)
	}
	return out, len(out) > 0
}

// macro returns the parts of list.function(name, body).
func (t tree) macro(e ast.Expr, function string) (list ast.Expr, name string, body ast.Expr, ok bool) {
	if e.Kind() != ast.ComprehensionKind {
		return nil, "", nil, false
	}
	call, ok := t.checked.SourceInfo().GetMacroCall(e.ID())
	if !ok || call.Kind() != ast.CallKind || call.AsCall().FunctionName() != function || len(call.AsCall().Args()) != 2 {
		return nil, "", nil, false
	}
	// The body is read where the checker knows its types: in the loop's step,
	// which is accumulator || body for exists, accumulator && body for all.
	c := e.AsComprehension()
	step := c.LoopStep()
	if c.HasIterVar2() || (!isCall(step, operators.LogicalOr) && !isCall(step, operators.LogicalAnd)) {
		return nil, "", nil, false
	}
	return c.IterRange(), c.IterVar(), step.AsCall().Args()[1], true
}
