package index_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/index"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
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
		switch g.IntN(5) {
		case 0, 1:
			return fmt.Sprintf("%s.startsWith(%q)", path, some)
		case 2:
			return fmt.Sprintf("%s.endsWith(%q)", path, some)
		case 3:
			return fmt.Sprintf("%s.matches(%q)", path, "^[a-zA-Z]")
		default:
			return fmt.Sprintf("%s in [%s, %q, \"x\"]", path, c, some)
		}
	}
	if g.IntN(6) == 0 {
		return fmt.Sprintf("%s %s %s", c, ops[g.IntN(len(ops))], path)
	}
	return fmt.Sprintf("%s %s %s", path, ops[g.IntN(len(ops))], c)
}

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

type checked struct {
	source string
	prg    cel.Program
	parts  []*condition.Predicate
}

// TestSameAnswersAsCEL compares the index with plain cel-go, condition by
// condition, on random pairs of conditions and spoilt recorded events.
func TestSameAnswersAsCEL(t *testing.T) {
	t.Parallel()
	types, err := webhook.Load()
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := condition.NewCompiler(types)
	if err != nil {
		t.Fatal(err)
	}
	pairs, hits, failed := 0, 0, 0
	for seed, event := range []string{"issues.opened", "pull_request.opened", "workflow_run.completed", "push", "issues.labeled", "check_run.completed"} {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		name, action, _ := strings.Cut(event, ".")
		p, err := payloads.Find(name, action)
		if err != nil {
			t.Fatal(err)
		}
		g := generator{Rand: r, leaves: leaves("event", body(t, p.Body), nil)}
		slices.SortFunc(g.leaves, func(a, b leaf) int { return strings.Compare(a.path, b.path) })
		x := index.New()
		conditions := conditionsOf(t, compiler, g, event, x, 60)
		for range 40 {
			f := &condition.Facts{Event: body(t, p.Body), Meta: map[string]any{}}
			for k := range f.Event {
				f.Event[k] = spoil(r, f.Event[k])
			}
			h, n, e := compare(t, x, conditions, f)
			pairs, hits, failed = pairs+n, hits+h, failed+e
		}
	}
	t.Logf("%d pairs, %d hits, %d errors", pairs, hits, failed)
	if pairs < 10_000 || hits < pairs/20 || failed < pairs/100 {
		t.Errorf("%d pairs with %d hits and %d errors are too few to tell", pairs, hits, failed)
	}
}

func conditionsOf(t *testing.T, c *condition.Compiler, g generator, event string, x *index.Index, n int) []checked {
	t.Helper()
	var out []checked
	for len(out) < n {
		source := g.term(1)
		for range g.IntN(3) {
			source += " && " + g.term(1)
		}
		parsed, problems := c.Parse(source)
		if problems != nil {
			t.Fatalf("%s: %v", source, problems)
		}
		k, problems := c.Check(parsed, event)
		if problems != nil {
			continue // an operator that the type does not have
		}
		prg, err := k.Program()
		if err != nil {
			t.Fatal(err)
		}
		parts, err := k.Split()
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Add(len(out), parts); err != nil {
			t.Fatal(err)
		}
		out = append(out, checked{source, prg, parts})
	}
	return out
}

func compare(t *testing.T, x *index.Index, conditions []checked, f *condition.Facts) (hits, pairs, failed int) {
	t.Helper()
	got, failures := x.Match(f)
	for i, c := range conditions {
		v, _, err := c.prg.Eval(f)
		if err == nil {
			if _, ok := v.Value().(bool); !ok {
				err = errors.New("no truth value")
			}
		}
		want := err == nil && v.Value() == true
		if has := slices.Contains(got, i); has != want {
			t.Errorf("%s: the index says %t, CEL %v, %v", c.source, has, v, err)
		}
		for _, fl := range failures {
			if fl.Number == i && err == nil {
				t.Errorf("%s: the index says %v, CEL none", c.source, fl.Err)
			}
		}
		if want {
			hits++
		}
		if err != nil {
			failed++
		}
		if len(c.parts) == 1 {
			holds, ours := c.parts[0].Eval(f)
			if holds != want || (ours == nil) != (err == nil) {
				t.Errorf("%s: we say %t, %v; CEL %v, %v", c.source, holds, ours, v, err)
			}
		}
	}
	return hits, len(conditions), failed
}
