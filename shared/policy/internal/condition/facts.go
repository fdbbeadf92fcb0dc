package condition

import "cel.dev/cel-go/cel"

// Facts are what a condition reads: the event's body and its envelope, as
// decoded JSON (map[string]any, []any, string, int64, float64, bool, nil).
type Facts struct {
	Event map[string]any
	Meta  map[string]any
}

// ResolveName implements CEL's Activation.
func (f *Facts) ResolveName(name string) (any, bool) {
	switch name {
	case "event":
		return f.Event, true
	case "meta":
		return f.Meta, true
	}
	return nil, false
}

// Parent implements CEL's Activation: there is none.
func (f *Facts) Parent() cel.Activation { return nil }

var _ cel.Activation = (*Facts)(nil)

// root says where a path begins.
type root byte

const (
	eventRoot root = 'e'
	metaRoot  root = 'm'
	elemRoot  root = 'l' // the variable of a macro over a list
)

// Path is the way to a value: event.issue.user.login. Each is the way from
// the list at Fields to what is wanted of its elements; it is nil if the
// value at Fields is wanted itself.
type Path struct {
	Root   root
	Fields []string
	InList bool
	Each   []string
}

// Values calls yield with each value that the path leads to in f. A map in a
// list's place counts by its keys, as CEL has it. It is not whole if the way
// is through something that is no object or no list, which CEL says is an
// error.
func (p Path) Values(f *Facts, yield func(any)) (whole bool) {
	v, ok := follow(p.start(f, nil), p.Fields)
	if !ok {
		return false
	}
	if !p.InList {
		yield(v)
		return true
	}
	whole = true
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			if e, ok := follow(e, p.Each); ok {
				yield(e)
			} else {
				whole = false
			}
		}
	case map[string]any:
		for k := range v {
			if len(p.Each) == 0 {
				yield(k)
			} else {
				whole = false
			}
		}
	default:
		return false
	}
	return whole
}

// Value returns the value that the path leads to in f, whole; it is not ok if
// the way is through something that is no object.
func (p Path) Value(f *Facts) (any, bool) { return follow(p.start(f, nil), p.Fields) }

func (p Path) start(f *Facts, elem any) any {
	switch p.Root {
	case eventRoot:
		return f.Event
	case metaRoot:
		return f.Meta
	default:
		return elem
	}
}

func follow(v any, fields []string) (any, bool) {
	for _, name := range fields {
		var ok bool
		if v, ok = member(v, name); !ok {
			return nil, false
		}
	}
	return v, true
}

// String returns the path as conditions write it.
func (p Path) String() string {
	s := map[root]string{eventRoot: "event", metaRoot: "meta", elemRoot: "each"}[p.Root]
	for _, f := range p.Fields {
		s += "." + f
	}
	if p.InList {
		s += "[]"
		for _, f := range p.Each {
			s += "." + f
		}
	}
	return s
}
