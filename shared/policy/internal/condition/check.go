package condition

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
)

// Checked is an expression whose types are right for one event.
type Checked struct {
	Event string
	env   *cel.Env
	ast   *cel.Ast
}

// Check checks p's types and cost for event.
func (c *Compiler) Check(p *Parsed, event string) (*Checked, []Problem) {
	env, err := c.env(event)
	if err != nil {
		return nil, []Problem{{Line: 1, Column: 1, Message: err.Error()}}
	}
	checked, issues := env.Check(p.ast)
	if issues.Err() != nil {
		return nil, problems(issues.Errors(), func(e *common.Error) string { return c.hint(p, event, e) })
	}
	if problem := tooCostly(env, checked); problem != nil {
		return nil, []Problem{*problem}
	}
	return &Checked{Event: event, env: env, ast: checked}, nil
}

// Kind returns the expression's type: "bool", "string", "int", "double",
// "list", "map" or "dyn".
func (k *Checked) Kind() string {
	switch t := k.ast.OutputType(); t.Kind() {
	case types.BoolKind, types.StringKind, types.IntKind, types.DoubleKind, types.ListKind, types.MapKind:
		return t.TypeName()
	case types.StructKind:
		return wrapped(t)
	default:
		return "dyn"
	}
}

// TypeName returns the expression's type as people read it.
func (k *Checked) TypeName() string { return plain(k.ast.OutputType().String()) }

func wrapped(t *types.Type) string {
	for name, w := range map[string]*types.Type{"string": types.StringType, "int": types.IntType, "double": types.DoubleType, "bool": types.BoolType} {
		if t.IsExactType(types.NewNullableType(w)) {
			return name
		}
	}
	return "map"
}

var (
	wrapper   = regexp.MustCompile(`wrapper\((\w+)\)`)
	container = regexp.MustCompile(` \(in container '.*'\)`)
	quoted    = regexp.MustCompile(`'([^']*)'`)
)

// plain takes out of a message what only CEL's makers need.
func plain(message string) string {
	message = container.ReplaceAllString(wrapper.ReplaceAllString(message, "$1"), "")
	return strings.ReplaceAll(message, "Syntax error: ", "syntax error: ")
}

// hint says what may have been meant.
func (c *Compiler) hint(p *Parsed, event string, e *common.Error) string {
	name := quoted.FindStringSubmatch(e.Message)
	if name == nil || strings.Contains(e.Message, "did you mean") { // CEL has said it
		return ""
	}
	switch {
	case strings.HasPrefix(e.Message, "undefined field"):
		return suggest.Closest(name[1], c.siblings(p, event, name[1]))
	case strings.HasPrefix(e.Message, "undeclared reference"):
		return suggest.Closest(name[1], append(slices.Collect(maps.Keys(c.base.Functions())), "event", "meta"))
	}
	return ""
}

// siblings returns the fields beside which the undefined field was looked for.
func (c *Compiler) siblings(p *Parsed, event, field string) []string {
	rootType := map[string]string{"event": c.catalogue.Objects[c.catalogue.Events[event]].Name, "meta": metaType}
	var names []string
	ast.PreOrderVisit(p.ast.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || e.AsSelect().FieldName() != field {
			return
		}
		path, ok := selectPath(e.AsSelect().Operand())
		if !ok {
			return
		}
		object := rootType[path[0]]
		for _, f := range path[1:] {
			ft, ok := c.provider.objects[object][f]
			if !ok {
				return
			}
			object = ft.Type.TypeName()
		}
		names = slices.Sorted(maps.Keys(c.provider.objects[object]))
	}))
	return names
}

// selectPath returns the names of a.b.c.
func selectPath(e ast.Expr) ([]string, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{e.AsIdent()}, true
	case ast.SelectKind:
		path, ok := selectPath(e.AsSelect().Operand())
		return append(path, e.AsSelect().FieldName()), ok && !e.AsSelect().IsTestOnly()
	}
	return nil, false
}

// Program returns a function that evaluates the expression by CEL.
func (k *Checked) Program() (cel.Program, error) {
	prg, err := k.env.Program(k.ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("plan the expression: %w", err)
	}
	return prg, nil
}
