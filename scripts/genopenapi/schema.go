package main

import "slices"

// asserted are the keywords that say what a value must be, and are kept as
// they are. What is left out describes (title, example, x-…), and the format
// "uri", under which GitHub sends empty strings.
var asserted = []string{
	"type", "enum", "required", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "multipleOf",
}

// schema turns a schema of OpenAPI 3.0 into one of 3.1, which is JSON Schema
// 2020-12: "nullable" becomes the type "null".
func (t *trimmer) schema(v any) any {
	in, ok := v.(object)
	if !ok {
		return v // additionalProperties: false
	}
	if ref, ok := in["$ref"].(string); ok {
		t.use(ref)
		return object{"$ref": ref}
	}
	out := object{}
	for _, k := range asserted {
		if v, ok := in[k]; ok {
			out[k] = v
		}
	}
	if in["format"] == "date-time" {
		out["format"] = "date-time"
	}
	for _, k := range []string{"items", "additionalProperties", "not"} {
		if v, ok := in[k]; ok {
			out[k] = t.schema(v)
		}
	}
	for _, k := range []string{"allOf", "anyOf", "oneOf"} {
		if list, ok := in[k].([]any); ok {
			out[k] = t.each(list)
		}
	}
	if props, ok := in["properties"].(object); ok {
		named := object{}
		for name, p := range props {
			named[name] = t.schema(p)
		}
		out["properties"] = named
	}
	if in["nullable"] == true {
		return nullable(out)
	}
	return out
}

func (t *trimmer) each(list []any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = t.schema(v)
	}
	return out
}

func nullable(s object) object {
	kind, ok := s["type"].(string)
	if !ok {
		return object{"anyOf": []any{object{"type": "null"}, s}}
	}
	s["type"] = []any{kind, "null"}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, nil) {
		s["enum"] = append(slices.Clone(enum), nil)
	}
	return s
}
