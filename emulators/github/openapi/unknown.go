package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unknown returns the fields of value that its schema does not name: GitHub
// ignores them, so that a misspelt one would go unseen.
func (d *description) unknown(schema, value any, at string) []string {
	var faults []string
	switch v := value.(type) {
	case []any:
		items := d.parts(schema, "items")
		for i, element := range v {
			if len(items) > 0 {
				faults = append(faults, d.unknown(object{"anyOf": items}, element, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case object:
		if len(d.parts(schema, "additionalProperties")) > 0 {
			return nil
		}
		named := map[string][]any{}
		for _, p := range d.parts(schema, "properties") {
			props, _ := p.(object)
			for name, s := range props {
				named[name] = append(named[name], s)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch subs, ok := named[name]; {
			case ok:
				faults = append(faults, d.unknown(object{"anyOf": subs}, v[name], at+"."+name)...)
			case len(named) > 0:
				faults = append(faults, at+" has no field "+name)
			}
		}
	}
	return faults
}

// parts collects a keyword's values from a schema and its alternatives.
func (d *description) parts(schema any, keyword string) []any {
	s, _ := schema.(object)
	if ref, ok := s["$ref"].(string); ok {
		return d.parts(d.schemas[strings.TrimPrefix(ref, "#/components/schemas/")], keyword)
	}
	var found []any
	if v, ok := s[keyword]; ok && v != false {
		found = append(found, v)
	}
	for _, k := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := s[k].([]any)
		for _, sub := range list {
			found = append(found, d.parts(sub, keyword)...)
		}
	}
	return found
}
