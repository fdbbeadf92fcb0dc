package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
)

// sampleOf returns a value of a kind of expression. A double may be whole, and
// what is dynamic may be anything: nothing about its sample counts.
func sampleOf(kind string) any {
	switch kind {
	case "bool":
		return true
	case "string":
		return ""
	case "list":
		return []any{}
	case "map":
		return object{}
	}
	return 1
}

// jsonTypes are the types of JSON that values of a kind have.
var jsonTypes = map[string][]string{
	"bool": {"boolean"}, "string": {"string"}, "text": {"string"}, "list": {"array"}, "map": {"object"},
	"int": {"integer", "number"}, "double": {"integer", "number"},
}

// check finds what is wrong with the arguments for every event: in their
// literal parts, in which of them there are, and in the expressions' types.
// sample is what compile gave.
func (a *arguments) check(schema *jsonschema.Schema, sample any) {
	raw, err := json.Marshal(sample)
	if err != nil {
		a.problem(a.at[:len(a.at)-1], 1, 1, err.Error(), "")
		return
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		a.problem(a.at[:len(a.at)-1], 1, 1, err.Error(), "")
		return
	}
	var wrong *jsonschema.ValidationError
	if errors.As(schema.Validate(v), &wrong) {
		for _, leaf := range a.certain(wrong) {
			a.tell(leaf)
		}
	}
}

// certain returns the mistakes that v is made of and that no value of an
// expression would mend.
func (a *arguments) certain(v *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch v.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		var first []*jsonschema.ValidationError
		for i, c := range v.Causes {
			branch := a.certain(c)
			if branch == nil {
				return nil // another value might fit this one
			}
			if i == 0 {
				first = branch
			}
		}
		if first != nil {
			return first
		}
	}
	var out []*jsonschema.ValidationError
	for _, c := range v.Causes {
		out = append(out, a.certain(c)...)
	}
	if len(v.Causes) == 0 && a.isCertain(v) {
		out = append(out, v)
	}
	return out
}

func (a *arguments) isCertain(v *jsonschema.ValidationError) bool {
	if len(a.holes) > 0 && (strings.Contains(v.SchemaURL, "/then") || strings.Contains(v.SchemaURL, "/else")) {
		return false // what it depends on may be the value of an expression
	}
	if h, ok := a.hole(v.InstanceLocation); ok {
		return h.never(v.ErrorKind)
	}
	at := a.place(v.InstanceLocation) + "\x00"
	for path := range a.holes {
		if strings.HasPrefix(path, at) {
			return countsOnly(v.ErrorKind)
		}
	}
	return true
}

// hole returns the expression at a place in the arguments.
func (a *arguments) hole(location []string) (hole, bool) {
	h, ok := a.holes[a.place(location)]
	return h, ok
}

// place is the key in holes of a place in the arguments.
func (a *arguments) place(location []string) string {
	return strings.Join(append(slices.Clone(a.at), location...), "\x00")
}

// never says whether no value of the hole's kind is without the mistake.
func (h hole) never(mistake jsonschema.ErrorKind) bool {
	mine, known := jsonTypes[h.kind]
	switch k := mistake.(type) {
	case *kind.Type:
		return known && !slices.ContainsFunc(mine, func(t string) bool { return slices.Contains(k.Want, t) })
	case *kind.Enum:
		return known && !slices.ContainsFunc(k.Want, func(v any) bool { return slices.Contains(mine, jsonType(v)) })
	case *kind.MaxLength:
		return h.kind == "text" // its literal parts alone are too long
	}
	return false
}

func jsonType(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case object:
		return "object"
	case nil:
		return "null"
	}
	return "number"
}

// countsOnly says whether a mistake in a list or an object is the same
// whatever its elements and members are.
func countsOnly(mistake jsonschema.ErrorKind) bool {
	switch mistake.(type) {
	case *kind.Type, *kind.Required, *kind.AdditionalProperties, *kind.MinProperties, *kind.MaxProperties, *kind.MinItems, *kind.MaxItems:
		return true
	}
	return false
}

func (a *arguments) tell(v *jsonschema.ValidationError) {
	at := append(slices.Clone(a.at), v.InstanceLocation...)
	path := append([]string{"policies", ""}, at...) // as valueMistake reads it
	h, isHole := a.hole(v.InstanceLocation)
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			message, hint := unknownField(path, name)
			a.problem(append(slices.Clone(at), name), 1, 1, message, hint)
		}
	case *kind.Required:
		a.problem(at, 1, 1, fmt.Sprintf("%s lacks %s", called(path), document.Quote(k.Missing)), "")
	case *kind.Type:
		if !isHole {
			message, hint := valueMistake(path, v.ErrorKind)
			a.problem(at, 1, 1, message, hint)
			return
		}
		a.problem(at, h.line, h.column, fmt.Sprintf("the expression gives a value of type %s; %s has to be %s", h.kind, called(path), strings.Join(k.Want, " or ")), h.mend(k.Want))
	default:
		message, hint := valueMistake(path, v.ErrorKind)
		a.problem(at, max(h.line, 1), max(h.column, 1), message, hint)
	}
}

// mend says how an expression of the hole's kind gets one of the types.
func (h hole) mend(types []string) string {
	switch {
	case slices.Contains(types, "string") && slices.Contains([]string{"int", "double", "bool"}, h.kind):
		return "write string( ) around it"
	case slices.Contains(types, "array"):
		return "write it as an element: [\"${ }\"]"
	}
	return ""
}
