package main

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// maxDepth cuts recursive definitions; what is deeper is dynamic.
const maxDepth = 12

// schema is what is read of JSON Schema draft 7.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 any                `json:"type"`
	Enum                 []any              `json:"enum"`
	Const                any                `json:"const"`
	Properties           map[string]*schema `json:"properties"`
	AdditionalProperties any                `json:"additionalProperties"`
	Items                json.RawMessage    `json:"items"`
	AllOf                []*schema          `json:"allOf"`
	OneOf                []*schema          `json:"oneOf"`
	AnyOf                []*schema          `json:"anyOf"`
	Definitions          map[string]*schema `json:"definitions"`
}

// shape is a type: kind is "s" text, "i" whole number, "d" number, "b" truth
// value, "o" object with fields, "l" list of elem, "m" object of any members,
// "*" anything, "" nothing but null.
type shape struct {
	kind   string
	fields map[string]*shape
	elem   *shape
}

type resolver struct{ doc *schema }

func (r resolver) shape(s *schema, depth int) *shape {
	if depth > maxDepth {
		return &shape{kind: "*"}
	}
	if s.Ref != "" {
		return r.shape(r.doc.Definitions[strings.TrimPrefix(s.Ref, "#/definitions/")], depth)
	}
	out := r.own(s, depth)
	for _, parts := range [][]*schema{s.AllOf, s.OneOf, s.AnyOf} {
		for _, p := range parts {
			out = merge(out, r.shape(p, depth))
		}
	}
	return out
}

func (r resolver) own(s *schema, depth int) *shape {
	out := &shape{}
	if s.Const != nil {
		out = merge(out, seen(s.Const))
	}
	for _, name := range typeNames(s.Type) {
		switch name {
		case "object":
			out = merge(out, r.object(s, depth))
		case "array":
			l := &shape{kind: "l", elem: &shape{kind: "*"}}
			var item schema
			if json.Unmarshal(s.Items, &item) == nil {
				l.elem = r.shape(&item, depth+1)
			}
			out = merge(out, l)
		default:
			kinds := map[string]string{"string": "s", "integer": "i", "number": "d", "boolean": "b"}
			out = merge(out, &shape{kind: kinds[name]})
		}
	}
	if s.Type == nil {
		for _, v := range s.Enum {
			out = merge(out, seen(v))
		}
	}
	return out
}

func (r resolver) object(s *schema, depth int) *shape {
	if len(s.Properties) == 0 {
		if len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) > 0 {
			return nil // they say what it holds
		}
		return &shape{kind: "m"}
	}
	o := &shape{kind: "o", fields: map[string]*shape{}}
	for name, p := range s.Properties {
		o.fields[name] = r.shape(p, depth+1)
	}
	return o
}

func typeNames(t any) []string {
	switch t := t.(type) {
	case string:
		return []string{t}
	case []any:
		var names []string
		for _, n := range t {
			if s, ok := n.(string); ok {
				names = append(names, s)
			}
		}
		return names
	}
	return nil
}

// seen returns the shape of a recorded value.
func seen(v any) *shape {
	switch v := v.(type) {
	case string:
		return &shape{kind: "s"}
	case bool:
		return &shape{kind: "b"}
	case float64:
		if v == math.Trunc(v) {
			return &shape{kind: "i"}
		}
		return &shape{kind: "d"}
	case []any:
		l := &shape{kind: "l", elem: &shape{}}
		for _, e := range v {
			l.elem = merge(l.elem, seen(e))
		}
		return l
	case map[string]any:
		o := &shape{kind: "o", fields: map[string]*shape{}}
		for name, f := range v {
			o.fields[name] = seen(f)
		}
		return o
	}
	return &shape{}
}

// merge returns a shape that both fit.
func merge(a, b *shape) *shape {
	switch {
	case b == nil:
		return a
	case a == nil || a.kind == "":
		return b
	case b.kind == "":
		return a
	}
	kinds := []string{a.kind, b.kind}
	slices.Sort(kinds)
	switch strings.Join(kinds, "") {
	case "oo":
		o := &shape{kind: "o", fields: map[string]*shape{}}
		for name, f := range a.fields {
			o.fields[name] = merge(f, b.fields[name])
		}
		for name, f := range b.fields {
			if _, ok := a.fields[name]; !ok {
				o.fields[name] = f
			}
		}
		return o
	case "ll":
		return &shape{kind: "l", elem: merge(a.elem, b.elem)}
	case "di":
		return &shape{kind: "d"}
	case "mo":
		return &shape{kind: "m"}
	}
	if a.kind == b.kind {
		return a
	}
	return &shape{kind: "*"}
}
