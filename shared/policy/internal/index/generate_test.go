package index_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// leaf is a scalar of a recorded payload that conditions are made about.
type leaf struct {
	path   string
	value  any
	inList bool // path is list|field of its elements
}

func leaves(path string, v any, out []leaf) []leaf {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if !strings.ContainsAny(k, "+-") {
				out = leaves(path+"."+k, e, out)
			}
		}
	case []any:
		for _, e := range v {
			for _, l := range leaves("", e, nil) {
				if !l.inList && strings.Count(l.path, ".") == 1 {
					out = append(out, leaf{path + "|" + l.path, l.value, true})
				}
			}
		}
	default:
		out = append(out, leaf{path: path, value: v})
	}
	return out
}

func number(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = number(v[k])
		}
	case []any:
		for i := range v {
			v[i] = number(v[i])
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

func body(tb testing.TB, raw []byte) map[string]any {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		tb.Fatal(err)
	}
	number(v)
	return v
}

// generator makes conditions about the leaves of one event's payloads.
type generator struct {
	*rand.Rand
	leaves []leaf
}

func (g generator) constant(l leaf) string {
	switch v := l.value.(type) {
	case string:
		if g.IntN(4) == 0 {
			return `"other"`
		}
		return fmt.Sprintf("%q", v)
	case int64:
		return fmt.Sprint(v + int64(g.IntN(3)) - 1)
	case bool:
		return fmt.Sprint(g.IntN(2) == 0)
	}
	return "null"
}

func (g generator) term(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		op := []string{" && ", " || "}[g.IntN(2)]
		t := "(" + g.term(depth-1) + op + g.term(depth-1) + ")"
		if g.IntN(4) == 0 {
			t = "!" + t
		}
		return t
	}
	l := g.leaves[g.IntN(len(g.leaves))]
	if l.inList {
		list, field, _ := strings.Cut(l.path, "|")
		inner := g.about("x"+field, l)
		if g.IntN(4) == 0 {
			inner += " || " + g.about("x"+field, l)
		}
		return fmt.Sprintf("%s.%s(x, %s)", list, []string{"exists", "exists", "all"}[g.IntN(3)], inner)
	}
	return g.about(l.path, l)
}

func (g generator) about(path string, l leaf) string {
	if g.IntN(8) == 0 {
		return fmt.Sprintf("has(%s)", path)
	}
	c := g.constant(l)
	if _, ok := l.value.(bool); ok && g.IntN(2) == 0 {
		return []string{"", "!"}[g.IntN(2)] + path
	}
	ops := []string{"==", "==", "==", "!=", "<", "<=", ">", ">="}
	if s, ok := l.value.(string); ok && g.IntN(2) == 0 {
		some := s[:g.IntN(len(s)+1)]
		switch g.IntN(7) {
		case 0, 1:
			return fmt.Sprintf("%s.startsWith(%q)", path, some)
		case 2:
			return fmt.Sprintf("%s.endsWith(%q)", path, some)
		case 3:
			return fmt.Sprintf("%s.matches(%q)", path, "^[a-zA-Z]")
		case 4:
			return fmt.Sprintf("%s%s.contains(%q)", g.not(), path, s[len(some)/2:len(some)])
		case 5:
			return fmt.Sprintf("%s%s.matches(%q)", g.not(), path, "[a-z]*"+regexp.QuoteMeta(some)+".?")
		default:
			return fmt.Sprintf("%s in [%s, %q, \"x\"]", path, c, some)
		}
	}
	if g.IntN(6) == 0 {
		return fmt.Sprintf("%s %s %s", c, ops[g.IntN(len(ops))], path)
	}
	return fmt.Sprintf("%s %s %s", path, ops[g.IntN(len(ops))], c)
}

func (g generator) not() string { return []string{"", "!"}[g.IntN(2)] }

// spoil changes some values: gone, null, or of another type.
func spoil(r *rand.Rand, v any) any {
	if r.IntN(25) == 0 {
		return []any{nil, "text", int64(3), 2.5, true, map[string]any{"a": "b"}, []any{"a", int64(1)}, []any{map[string]any{"name": "bug"}}}[r.IntN(8)]
	}
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if v[k] = spoil(r, v[k]); r.IntN(30) == 0 {
				delete(v, k)
			}
		}
	case []any:
		for i := range v {
			v[i] = spoil(r, v[i])
		}
	}
	return v
}
