package condition

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Key is a constant that an event must have at a path.
type Key struct {
	Path   Path
	Value  any  // string, int64 or bool
	Prefix bool // Value is what the text at Path begins with; no text there is an error
	Bare   bool // the truth value at Path is the answer; no truth value there is an error
}

// keys returns constants of which an event has one if e holds, and whether e
// holds if it has one. No keys: e cannot be indexed.
func (t tree) keys(e ast.Expr) (keys []Key, exact bool) { return t.keysIn(e, nil) }

func (t tree) keysIn(e ast.Expr, in *scope) ([]Key, bool) {
	switch e.Kind() {
	case ast.SelectKind:
		return bare(t.keyed(e, in, true))
	case ast.ComprehensionKind:
		return t.keysOfExists(e, in)
	case ast.CallKind:
	default:
		return nil, false
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.Equals:
		if c, ok := constant(args[1]); ok {
			return t.keyed(args[0], in, c)
		}
		if c, ok := constant(args[0]); ok {
			return t.keyed(args[1], in, c)
		}
	case operators.LogicalNot:
		if args[0].Kind() == ast.SelectKind {
			return bare(t.keyed(args[0], in, false))
		}
	case operators.In:
		if list, ok := constants(args[1]); ok {
			return t.keyed(args[0], in, list...)
		}
		if c, ok := constant(args[0]); ok && t.isCollection(args[1]) {
			return inList(t.keyed(args[1], in, c))
		}
	case "startsWith":
		return t.keysOfPrefix(e.AsCall(), in)
	case operators.LogicalOr:
		return t.keysOfOr(args, in)
	case operators.LogicalAnd:
		for _, a := range args {
			if keys, _ := t.keysIn(a, in); keys != nil {
				return keys, false
			}
		}
	}
	return nil, false
}

// keyed returns one key for each value at the path e.
func (t tree) keyed(e ast.Expr, in *scope, values ...any) ([]Key, bool) {
	p, ok := t.path(e, in)
	if !ok || (in != nil && p.Root != elemRoot) {
		return nil, false
	}
	keys := make([]Key, 0, len(values))
	for _, v := range values {
		switch v := v.(type) {
		case string, bool:
		case int64:
			if v > exactInt || v < -exactInt {
				return nil, false
			}
		default:
			return nil, false
		}
		keys = append(keys, Key{Path: p, Value: v})
	}
	return keys, true
}

func (t tree) keysOfPrefix(c ast.CallExpr, in *scope) ([]Key, bool) {
	if !c.IsMemberFunction() {
		return nil, false
	}
	v, _ := constant(c.Args()[0])
	if s, ok := v.(string); !ok || s == "" {
		return nil, false
	}
	keys, exact := t.keyed(c.Target(), in, v)
	for i := range keys {
		keys[i].Prefix = true
	}
	return keys, exact
}

func (t tree) keysOfOr(args []ast.Expr, in *scope) ([]Key, bool) {
	var all []Key
	exact := true
	for _, a := range args {
		keys, ex := t.keysIn(a, in)
		if keys == nil {
			return nil, false
		}
		all, exact = append(all, keys...), exact && ex
	}
	return all, exact
}

func (t tree) keysOfExists(e ast.Expr, in *scope) ([]Key, bool) {
	list, name, body, ok := t.macro(e, operators.Exists)
	if !ok || in != nil || !t.isCollection(list) {
		return nil, false
	}
	p, ok := t.path(list, nil)
	if !ok {
		return nil, false
	}
	keys, exact := t.keysIn(body, &scope{name: name})
	for i := range keys {
		keys[i].Path = Path{Root: p.Root, Fields: p.Fields, InList: true, Each: keys[i].Path.Fields}
	}
	return keys, exact
}

// isCollection says whether e is known to be a list or a map, so that it is
// empty where it is absent, and no error.
func (t tree) isCollection(e ast.Expr) bool {
	kind := t.checked.GetType(e.ID()).Kind()
	return kind == types.ListKind || kind == types.MapKind
}

func bare(keys []Key, exact bool) ([]Key, bool) {
	for i := range keys {
		keys[i].Bare = true
	}
	return keys, exact
}

func inList(keys []Key, exact bool) ([]Key, bool) {
	for i := range keys {
		if keys[i].Path.Root == elemRoot {
			return nil, false
		}
		keys[i].Path.InList = true
	}
	return keys, exact
}
