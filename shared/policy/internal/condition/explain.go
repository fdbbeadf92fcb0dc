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

// Explainer evaluates a condition part by part: its &&, || and ! with their
// operands, all else as one part. It is safe for concurrent use.
type Explainer struct {
	source string
	prg    cel.Program
	err    error  // why there is no program
	paths  []Path // what it reads, for a part without operands
	change change // what would turn its answer, for a part without operands
	parts  []*Explainer
	joined func(Part) string // what would turn the answer of a part with operands
}

// Explainer compiles the parts of the condition.
func (k *Checked) Explainer() *Explainer {
	x := explaining{checked: k, tree: tree{checked: k.ast.NativeRep()}}
	return x.part(x.tree.checked.Expr())
}

// Explain evaluates the parts for an event.
func (x *Explainer) Explain(f *Facts) Part {
	p := Part{Source: x.source, Err: x.err}
	if x.err != nil {
		return p
	}
	p.Holds, p.Err = truth(x.prg, f)
	for _, part := range x.parts {
		p.Parts = append(p.Parts, part.Explain(f))
	}
	if x.joined != nil {
		p.Change = x.joined(p)
		return p
	}
	p.Facts = make(map[string]any, len(x.paths))
	for _, path := range x.paths {
		v, _ := path.Value(f)
		p.Facts[path.String()] = short(v)
	}
	p.Change = x.change(f, p.Holds)
	return p
}

// explaining compiles an Explainer.
type explaining struct {
	checked *Checked
	tree    tree
}

func (x explaining) part(e ast.Expr) *Explainer {
	out := &Explainer{}
	if out.source, out.err = cel.ExprToString(e, x.tree.checked.SourceInfo()); out.err != nil {
		return out
	}
	if out.prg, out.err = x.checked.part(out.source); out.err != nil {
		return out
	}
	switch and := isCall(e, operators.LogicalAnd); {
	case and, isCall(e, operators.LogicalOr):
		for _, o := range operands(e, e.AsCall().FunctionName(), nil) {
			out.parts = append(out.parts, x.part(o))
		}
		out.joined = func(p Part) string { return combined(p, and) }
	case isCall(e, operators.LogicalNot):
		out.parts = []*Explainer{x.part(e.AsCall().Args()[0])}
		out.joined = func(p Part) string { return p.Parts[0].Change }
	default:
		out.paths = x.read(e)
		out.change = x.change(e, out.source)
	}
	return out
}

func operands(e ast.Expr, operator string, out []ast.Expr) []ast.Expr {
	if !isCall(e, operator) {
		return append(out, e)
	}
	for _, a := range e.AsCall().Args() {
		out = operands(a, operator, out)
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

// read returns the paths that e reads.
func (x explaining) read(e ast.Expr) []Path {
	if p, ok := x.tree.path(e, nil); ok && len(p.Fields) > 0 {
		return []Path{p}
	}
	var out []Path
	for _, c := range ast.NavigateExpr(x.tree.checked, e).Children() {
		out = append(out, x.read(c)...)
	}
	return out
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
