package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// kinds are the sets that matching is measured on; each makes the condition of
// rule i. All are on one type of event.
var kinds = map[string]func(r *rand.Rand, i int) string{
	"few-match": func(r *rand.Rand, _ int) string {
		return fmt.Sprintf(`event.issue.comments >= %d && event.issue.labels.exists(l, l.name == "label-%d") && event.repository.full_name.matches("^[A-Za-z]+/[a-z]*%d")`, r.IntN(5), r.IntN(500), r.IntN(50))
	},
	"prefixes": func(r *rand.Rand, i int) string {
		return fmt.Sprintf(`event.issue.title.startsWith("topic-%d:") && event.issue.comments >= %d`, i, r.IntN(5))
	},
	"own-author": func(_ *rand.Rand, i int) string {
		return fmt.Sprintf(`event.issue.state == "open" && event.issue.user.login == "user-%d"`, i)
	},
	"not-indexed": func(r *rand.Rand, i int) string {
		return fmt.Sprintf(`size(event.issue.title) %% %d == %d && event.issue.title.lowerAscii().contains("word%d")`, 2+r.IntN(97), r.IntN(2), i)
	},
}

func sources(kind string, n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]string, n)
	for i := range out {
		out[i] = kinds[kind](r, i)
	}
	return out
}

func ours(tb testing.TB, conditions []string) *policy.Set {
	tb.Helper()
	set, err := policy.NewSet(specs())
	if err != nil {
		tb.Fatal(err)
	}
	for i, when := range conditions {
		if findings := set.Add(source(i, when)); findings != nil {
			tb.Fatal(findings)
		}
	}
	return set
}

func source(i int, when string) policy.Source {
	return policy.Source{Policy: policy.Policy{
		Name: fmt.Sprintf("p-%d", i), On: []string{"com.github.issues.opened"}, When: when,
		Do: []policy.Step{{Action: "github.workflow.rerun_failed_jobs"}}, Autonomy: "L4",
	}}
}

// oneByOne prepares the conditions with plain cel-go, over dynamic maps: read
// is its Compile, or its Parse, which checks no types.
func oneByOne(tb testing.TB, conditions []string, read func(*cel.Env, string) (*cel.Ast, *cel.Issues)) func(event map[string]any) int {
	tb.Helper()
	env, err := cel.NewEnv(cel.Variable("event", cel.DynType), ext.Strings())
	if err != nil {
		tb.Fatal(err)
	}
	var programs []cel.Program
	for _, c := range conditions {
		ast, issues := read(env, c)
		if issues.Err() != nil {
			tb.Fatal(issues.Err())
		}
		prg, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			tb.Fatal(err)
		}
		programs = append(programs, prg)
	}
	return func(event map[string]any) int {
		hits := 0
		for _, p := range programs {
			if v, _, err := p.Eval(map[string]any{"event": event}); err == nil && v.Value() == true {
				hits++
			}
		}
		return hits
	}
}

// busy returns a recorded event that some rules of each set are about: it has
// three of the labels, and a title, an author and a name that they look for.
func busy(tb testing.TB) (*policy.Input, map[string]any) {
	tb.Helper()
	p, err := payloads.Find("issues", "opened")
	if err != nil {
		tb.Fatal(err)
	}
	raw := p.Body
	for path, v := range map[string]any{
		"issue.labels": []any{map[string]any{"name": "label-1"}, map[string]any{"name": "label-2"}, map[string]any{"name": "label-3"}},
		"issue.title":  "topic-5: a word5 in the title", "issue.user.login": "user-5", "issue.comments": 3,
		"repository.full_name": "Codertocat/hello7",
	} {
		var body map[string]any
		if err := json.Unmarshal(raw, &body); err != nil {
			tb.Fatal(err)
		}
		at, names := body, strings.Split(path, ".")
		for _, n := range names[:len(names)-1] {
			at, _ = at[n].(map[string]any)
		}
		at[names[len(names)-1]] = v
		if raw, err = json.Marshal(body); err != nil {
			tb.Fatal(err)
		}
	}
	in, err := policy.NewInput(event.Event{ID: "1", Type: "com.github.issues.opened", Data: raw})
	if err != nil {
		tb.Fatal(err)
	}
	plain, _ := gjson.ParseBytes(raw).Value().(map[string]any)
	return in, plain
}

// BenchmarkMatch is the time to match one parsed event.
func BenchmarkMatch(b *testing.B) {
	for _, kind := range []string{"few-match", "own-author", "prefixes", "not-indexed"} {
		for _, n := range []int{1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				set := ours(b, sources(kind, n))
				in, _ := busy(b)
				set.Match(in)
				b.ReportAllocs()
				for b.Loop() {
					set.Match(in)
				}
			})
		}
	}
}

// BenchmarkAdd is the time to add one policy to 10,000.
func BenchmarkAdd(b *testing.B) {
	conditions := sources("few-match", 10_000)
	set := ours(b, conditions)
	i := len(conditions)
	for b.Loop() {
		if findings := set.Add(source(i, conditions[i%len(conditions)])); findings != nil {
			b.Fatal(findings)
		}
		i++
	}
}

// BenchmarkExplain is the time to explain why one policy matches, which decide
// does for each match: the first time, and then.
func BenchmarkExplain(b *testing.B) {
	in, _ := busy(b)
	const when = `event.issue.comments >= 2 && event.issue.labels.exists(l, l.name == "label-1") && event.repository.full_name.matches("^[A-Za-z]+/[a-z]*7")`
	explain := func(b *testing.B, set *policy.Set) {
		b.Helper()
		if x, err := set.Explain(in, "p-0"); err != nil || !x.Matched {
			b.Fatalf("explanation %+v, %v", x, err)
		}
	}
	b.Run("again", func(b *testing.B) {
		set := ours(b, []string{when})
		b.ReportAllocs()
		for b.Loop() {
			explain(b, set)
		}
	})
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			set := ours(b, []string{when})
			b.StartTimer()
			explain(b, set)
		}
	})
}

// BenchmarkRatios prints each target's ratio, both sides measured in turns so
// that a busy machine slows both.
func BenchmarkRatios(b *testing.B) {
	in, body := busy(b)
	small, large := ours(b, sources("few-match", 1_000)), ours(b, sources("few-match", 10_000))
	plain := oneByOne(b, sources("few-match", 1_000), (*cel.Env).Compile)
	b.Run("cel-go", func(b *testing.B) {
		ratio(b, "of_cel-go", func() { small.Match(in) }, func() { plain(body) })
	})
	b.Run("10,000", func(b *testing.B) {
		ratio(b, "of_1,000", func() { large.Match(in) }, func() { small.Match(in) })
	})
	hard, plainHard := ours(b, sources("not-indexed", 1_000)), oneByOne(b, sources("not-indexed", 1_000), (*cel.Env).Compile)
	// Both are done when a policy is added: this shows that matching pays for neither.
	unchecked := oneByOne(b, sources("not-indexed", 1_000), (*cel.Env).Parse)
	b.Run("checks-and-cost-bound", func(b *testing.B) {
		ratio(b, "of_cel-go_without_checks", func() { hard.Match(in) }, func() { unchecked(body) })
	})
	b.Run("not-indexed", func(b *testing.B) {
		ratio(b, "of_cel-go", func() { hard.Match(in) }, func() { plainHard(body) })
	})
	for _, kind := range []string{"own-author", "prefixes"} {
		small, large := ours(b, sources(kind, 1_000)), ours(b, sources(kind, 10_000))
		b.Run("10,000/"+kind, func(b *testing.B) {
			ratio(b, "of_1,000", func() { large.Match(in) }, func() { small.Match(in) })
		})
	}
}

// ratio reports ours/theirs, the median of interleaved rounds.
func ratio(b *testing.B, unit string, ours, theirs func()) {
	b.Helper()
	var ratios []float64
	for range 21 {
		ratios = append(ratios, float64(took(ours))/float64(took(theirs)))
	}
	slices.Sort(ratios)
	for b.Loop() {
		ours()
	}
	b.ReportMetric(ratios[len(ratios)/2], unit)
}

// took returns the time of one call, over at least 2 ms of them.
func took(f func()) time.Duration {
	runtime.Gosched()
	n, start := 0, time.Now()
	for time.Since(start) < 2*time.Millisecond {
		f()
		n++
	}
	return time.Since(start) / time.Duration(n)
}
