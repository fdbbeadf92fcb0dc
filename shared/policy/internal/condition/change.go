package condition

import (
	"encoding/json"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// phrases say what a relation wants, and what its contrary wants.
var phrases = map[string][2]string{
	operators.Equals:        {"were %s", "were not %s"},
	operators.NotEquals:     {"were not %s", "were %s"},
	operators.Less:          {"were below %s", "were at least %s"},
	operators.LessEquals:    {"were at most %s", "were above %s"},
	operators.Greater:       {"were above %s", "were at most %s"},
	operators.GreaterEquals: {"were at least %s", "were below %s"},
	operators.In:            {"were one of %s", "were none of %s"},
	"startsWith":            {"began with %s", "did not begin with %s"},
	"endsWith":              {"ended with %s", "did not end with %s"},
	"contains":              {"contained %s", "did not contain %s"},
	"matches":               {"matched %s", "did not match %s"},
}

// change says what would turn the answer of a part: "event.a were 3 (it is 2)".
type change func(f *Facts, holds bool) string

// change returns the one of e, a part without && and ||, written as source.
func (x explaining) change(e ast.Expr, source string) change {
	if subject, relation, object, ok := x.relation(e); ok {
		path, _ := x.tree.path(subject, nil)
		if want, err := cel.ExprToString(object, x.tree.checked.SourceInfo()); err == nil {
			return func(f *Facts, holds bool) string {
				v, _ := path.Value(f)
				return fmt.Sprintf("%s "+phrases[relation][side(holds)]+" (it is %s)", path, want, shown(v))
			}
		}
	}
	if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
		return func(_ *Facts, holds bool) string { return source + " were " + []string{"there", "absent"}[side(holds)] }
	}
	return func(_ *Facts, holds bool) string { return fmt.Sprintf("%s were %t", source, !holds) }
}

// side returns which phrase turns an answer.
func side(holds bool) int {
	if holds {
		return 1
	}
	return 0
}

// relation returns the parts of `path relation value`.
func (x explaining) relation(e ast.Expr) (subject ast.Expr, relation string, object ast.Expr, ok bool) {
	if e.Kind() != ast.CallKind {
		return nil, "", nil, false
	}
	c := e.AsCall()
	if _, known := phrases[c.FunctionName()]; !known {
		return nil, "", nil, false
	}
	relation = c.FunctionName()
	switch {
	case c.IsMemberFunction():
		subject, object = c.Target(), c.Args()[0]
	case x.isPath(c.Args()[0]):
		subject, object = c.Args()[0], c.Args()[1]
	default:
		subject, object = c.Args()[1], c.Args()[0]
		switch m, ordered := mirrored[relation]; {
		case ordered:
			relation = m
		case relation == operators.In:
			return nil, "", nil, false // "x" in list: the list is no value to change
		}
	}
	return subject, relation, object, x.isPath(subject)
}

func (x explaining) isPath(e ast.Expr) bool {
	p, ok := x.tree.path(e, nil)
	return ok && len(p.Fields) > 0
}

func shown(v any) string {
	if v == nil {
		return "absent"
	}
	raw, err := json.Marshal(short(v))
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}
