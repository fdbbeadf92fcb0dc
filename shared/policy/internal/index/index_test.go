package index_test

import (
	"errors"
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
	got, failures := x.Match(f, nil)
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
		fails := slices.ContainsFunc(failures, func(f index.Failure) bool { return f.Number == i })
		if fails != (err != nil) {
			t.Errorf("%s: the index says failed is %t, CEL %v, %v", c.source, fails, v, err)
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
