package condition

import (
	"errors"
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Predicate is one part of a condition, a truth value of its own.
type Predicate struct {
	Text  string // canonical: equal texts mean the same for one event
	Keys  []Key  // if it holds, the event has one of these; none: unknown
	Exact bool   // it holds whenever the event has one of Keys

	fast    *fast
	compile func() (cel.Program, error)
}

// Split takes the condition apart at its top-level &&.
func (k *Checked) Split() ([]*Predicate, error) {
	t := tree{checked: k.ast.NativeRep()}
	parts := conjuncts(t.checked.Expr(), nil)
	out := make([]*Predicate, len(parts))
	for i, e := range parts {
		text, err := cel.ExprToString(e, t.checked.SourceInfo())
		if err != nil {
			return nil, fmt.Errorf("write the condition's part %d: %w", i+1, err)
		}
		p := &Predicate{Text: text, fast: t.fast(e, nil)}
		p.Keys, p.Exact = t.keys(e)
		p.compile = sync.OnceValues(k.Program)
		if len(parts) > 1 {
			p.compile = sync.OnceValues(func() (cel.Program, error) { return k.part(text) })
		}
		out[i] = p
	}
	return out, nil
}

// Prepare plans what is evaluated by CEL, so that no event waits for it.
func (p *Predicate) Prepare() error {
	if p.fast != nil {
		return nil
	}
	_, err := p.compile()
	return err
}

// Test is the short way to evaluate a predicate that is about one value.
type Test struct {
	Path Path                // where the value is
	Need Letters             // a value that lacks any of them says No
	Of   func(v any) Verdict // what a value says
}

// Test returns the predicate's; it has no Of if it is not about one value.
func (p *Predicate) Test() Test {
	if p.fast == nil || p.fast.path == nil {
		return Test{}
	}
	return Test{Path: *p.fast.path, Need: p.fast.need, Of: p.fast.test}
}

// Order says when the predicate is best asked, lowest first: what is cheap and
// seldom holds settles most conditions; long text and CEL's programs are left
// until all else holds.
func (p *Predicate) Order() int {
	const rare, cheap, text, program = 0, 1, 2, 3
	switch {
	case p.fast == nil:
		return program
	case p.fast.path == nil:
		return cheap
	case isLong(p.fast.path.Fields):
		return text
	case p.fast.need != Letters{}:
		return rare
	}
	return cheap
}

// Eval says whether the predicate holds. What the short way cannot answer,
// null in a comparison or a type that the catalogue does not expect, is
// answered by CEL itself, so that both never differ.
func (p *Predicate) Eval(f *Facts) (bool, error) {
	if p.fast != nil {
		switch p.fast.ask(f, nil) {
		case Yes:
			return true, nil
		case No:
			return false, nil
		}
	}
	prg, err := p.compile()
	if err != nil {
		return false, err
	}
	return truth(prg, f)
}

// truth evaluates a program that gives a truth value.
func truth(prg cel.Program, f *Facts) (bool, error) {
	v, _, err := prg.Eval(f)
	if err != nil {
		return false, err //nolint:wrapcheck // CEL's sentence is the answer
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, errors.New("the value is " + v.Type().TypeName() + ", not true or false")
	}
	return bool(b), nil
}

// part compiles a part of the expression by its text.
func (k *Checked) part(text string) (cel.Program, error) {
	checked, issues := k.env.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, fmt.Errorf("compile %s: %w", text, err)
	}
	return (&Checked{Event: k.Event, env: k.env, ast: checked}).Program()
}

func conjuncts(e ast.Expr, out []ast.Expr) []ast.Expr {
	if isCall(e, operators.LogicalAnd) {
		for _, a := range e.AsCall().Args() {
			out = conjuncts(a, out)
		}
		return out
	}
	return append(out, e)
}

func isCall(e ast.Expr, function string) bool {
	return e.Kind() == ast.CallKind && e.AsCall().FunctionName() == function
}
