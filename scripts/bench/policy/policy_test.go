// Package policy_test measures shared/policy beside its peers expr and OPA, on
// the same rules and the same parsed event.
package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

const body = `{"action":"opened","issue":{"number":1,"title":"a","comments":3,"labels":[{"name":"label-1"},{"name":"label-2"},{"name":"label-3"}]},"repository":{"full_name":"octo/hello7"}}`

// rule is "at least this many comments, this label, a name of this form".
type rule struct{ comments, label, name int }

func rules(n int) []rule {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]rule, n)
	for i := range out {
		out[i] = rule{r.IntN(5), r.IntN(500), r.IntN(50)}
	}
	return out
}

func (r rule) pattern() string { return fmt.Sprintf("^[A-Za-z]+/[a-z]*%d", r.name) }

type catalog struct{}

func (catalog) Specs() []action.Spec { return []action.Spec{{Name: "a"}} }

func ours(tb testing.TB, rs []rule) func() int {
	tb.Helper()
	set, err := policy.NewSet(catalog{})
	if err != nil {
		tb.Fatal(err)
	}
	for i, r := range rs {
		when := fmt.Sprintf(`event.issue.comments >= %d && event.issue.labels.exists(l, l.name == "label-%d") && event.repository.full_name.matches(%q)`, r.comments, r.label, r.pattern())
		if f := set.Add(policy.Source{Policy: policy.Policy{Name: fmt.Sprint("p", i), On: []string{"com.github.issues.opened"}, When: when, Do: []policy.Step{{Action: "a"}}, Autonomy: "L1"}}); f != nil {
			tb.Fatal(f)
		}
	}
	in, err := policy.NewInput(event.Event{Type: "com.github.issues.opened", Data: []byte(body)})
	if err != nil {
		tb.Fatal(err)
	}
	return func() int { return len(set.Match(in)) }
}

func parsed(tb testing.TB) map[string]any {
	tb.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		tb.Fatal(err)
	}
	return map[string]any{"event": m, "type": "com.github.issues.opened"}
}

func withExpr(tb testing.TB, rs []rule) func() int {
	tb.Helper()
	env := parsed(tb)
	programs := make([]*vm.Program, len(rs))
	for i, r := range rs {
		p, err := expr.Compile(fmt.Sprintf(`type == "com.github.issues.opened" && event.issue.comments >= %d && any(event.issue.labels, .name == "label-%d") && event.repository.full_name matches %q`, r.comments, r.label, r.pattern()), expr.Env(env), expr.AsBool())
		if err != nil {
			tb.Fatal(err)
		}
		programs[i] = p
	}
	var machine vm.VM
	return func() int {
		hits := 0
		for _, p := range programs {
			if v, err := machine.Run(p, env); err == nil && v == true {
				hits++
			}
		}
		return hits
	}
}

func withOPA(tb testing.TB, rs []rule) func() int {
	tb.Helper()
	var module strings.Builder
	module.WriteString("package p\n")
	for i, r := range rs {
		fmt.Fprintf(&module, "hits contains %d if {\n\tinput.type == \"com.github.issues.opened\"\n\tinput.event.issue.labels[_].name == \"label-%d\"\n\tinput.event.issue.comments >= %d\n\tregex.match(%q, input.event.repository.full_name)\n}\n", i, r.label, r.comments, r.pattern())
	}
	query, err := rego.New(rego.Query("data.p.hits"), rego.Module("p.rego", module.String())).PrepareForEval(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	input := parsed(tb)
	return func() int {
		rs, err := query.Eval(tb.Context(), rego.EvalInput(input))
		if err != nil || len(rs) == 0 {
			return -1
		}
		hits, _ := rs[0].Expressions[0].Value.([]any)
		return len(hits)
	}
}

// BenchmarkPeers prints ours/theirs for 1,000 rules, measured in turns.
func BenchmarkPeers(b *testing.B) {
	rs := rules(1_000)
	us := ours(b, rs)
	for name, them := range map[string]func() int{"expr": withExpr(b, rs), "opa": withOPA(b, rs)} {
		if us() != them() {
			b.Fatalf("%s: %d hits, ours %d", name, them(), us())
		}
		b.Run(name, func(b *testing.B) {
			var ratios []float64
			for range 15 {
				ratios = append(ratios, took(us)/took(them))
			}
			slices.Sort(ratios)
			for b.Loop() {
				them()
			}
			b.ReportMetric(ratios[len(ratios)/2], "ours/theirs")
		})
	}
}

// took returns the seconds of one call, over at least 2 ms of them.
func took(f func() int) float64 {
	n, start := 0, time.Now()
	for time.Since(start) < 2*time.Millisecond {
		f()
		n++
	}
	return time.Since(start).Seconds() / float64(n)
}
