package condition

import (
	"encoding/json"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Part is one part of a condition and what it gave for an event.
type Part struct {
	Source string
	Holds  bool
	Err    error
	Facts  map[string]any // what the part read, by path
	Change string         // what would turn its answer: "event.a were 3 (it is 2)"
	Parts  []Part
}

// Explain evaluates the condition part by part: its &&, || and ! with their
// operands, all else as one part.
func (k *Checked) Explain(f *Facts) Part {
	x := explainer{checked: k, tree: tree{checked: k.ast.NativeRep()}, facts: f}
	return x.part(x.tree.checked.Expr())
}

type explainer struct {
	checked *Checked
	tree    tree
	facts   *Facts
}

func (x explainer) part(e ast.Expr) Part {
	p := Part{}
	var err error
	if p.Source, err = cel.ExprToString(e, x.tree.checked.SourceInfo()); err != nil {
		p.Err = err
		return p
	}
	prg, err := x.checked.part(p.Source)
	if err != nil {
		p.Err = err
		return p
	}
	p.Holds, p.Err = truth(prg, x.facts)
	switch {
	case isCall(e, operators.LogicalAnd), isCall(e, operators.LogicalOr):
		and := isCall(e, operators.LogicalAnd)
		for _, o := range x.operands(e, e.AsCall().FunctionName(), nil) {
			p.Parts = append(p.Parts, x.part(o))
		}
		p.Change = combined(p, and)
	case isCall(e, operators.LogicalNot):
		inner := x.part(e.AsCall().Args()[0])
		p.Parts, p.Change = []Part{inner}, inner.Change
	default:
		p.Facts = x.read(e)
		p.Change = x.change(e, p)
	}
	return p
}

func (x explainer) operands(e ast.Expr, operator string, out []ast.Expr) []ast.Expr {
	if !isCall(e, operator) {
		return append(out, e)
	}
	for _, a := range e.AsCall().Args() {
		out = x.operands(a, operator, out)
	}
	return out
}

// combined says what would turn && or ||: all the parts that stand in the way,
// or any one of those that carry it.
func combined(p Part, and bool) string {
	var changes []string
	for _, c := range p.Parts {
		if c.Err != nil || c.Holds == p.Holds {
			changes = append(changes, c.Change)
		}
	}
	word := " and "
	if and == p.Holds {
		word = " or "
	}
	return strings.Join(changes, word)
}

// read returns the values at the paths that e reads.
func (x explainer) read(e ast.Expr) map[string]any {
	facts := map[string]any{}
	var visit func(e ast.Expr)
	visit = func(e ast.Expr) {
		if p, ok := x.tree.path(e, nil); ok && len(p.Fields) > 0 {
			v, _ := follow(p.start(x.facts, nil), p.Fields)
			facts[p.String()] = short(v)
			return
		}
		for _, c := range ast.NavigateExpr(x.tree.checked, e).Children() {
			visit(c)
		}
	}
	visit(e)
	return facts
}

// short keeps a fact readable: long text is cut, objects are counted.
func short(v any) any {
	const most = 200
	switch v := v.(type) {
	case string:
		if r := []rune(v); len(r) > most {
			return string(r[:most]) + "…"
		}
	case map[string]any:
		return fmt.Sprintf("an object of %d members", len(v))
	case []any:
		if raw, err := json.Marshal(v); err != nil || len(raw) > most {
			return fmt.Sprintf("a list of %d", len(v))
		}
	}
	return v
}
