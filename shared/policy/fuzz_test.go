package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// FuzzLoad would find a file that makes loading panic or that is neither a set
// nor findings with their places, and a loaded policy that matching trips over.
func FuzzLoad(f *testing.F) {
	names, err := filepath.Glob("../../.infinity/policies/*.yaml")
	if err != nil || len(names) == 0 {
		f.Fatal("no default policies to start from", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Add(one())
	f.Add(one("{body: hi}", `{body: "${event.issue.title}"}`))
	f.Add(one("{action: github.issue.comment, with: {body: hi}}", `{action: test.many, with: {flag: "${event.issue.locked}", map: {a: "$${x"}}}`))
	f.Add(one("event.issue.number > 3", `event.issue.labels.exists(l, l.name.matches("^(a|b)+$")) || has(event.issue.body)`))
	f.Add("a: &x [*x, *x]")
	load, err := policy.NewLoader(specs())
	if err != nil {
		f.Fatal(err)
	}
	in := input(f, "issues", "opened")
	f.Fuzz(func(t *testing.T, file string) {
		set, err := load(fstest.MapFS{"policies/p.yaml": {Data: []byte(file)}})
		var findings policy.Findings
		if err != nil && !errors.As(err, &findings) {
			t.Fatalf("not findings: %v", err)
		}
		if (set == nil) == (err == nil) {
			t.Fatalf("set %v with error %v", set, err)
		}
		for _, x := range findings {
			if x.Line < 1 || x.Column < 1 || x.Message == "" {
				t.Errorf("finding %+v has no place or no message", x)
			}
		}
		if set == nil {
			return
		}
		for _, m := range set.Match(in) {
			if x, err := set.Explain(in, m.Policy.Name); err != nil || !x.Matched {
				t.Errorf("%s matches, and its explanation is %+v, %v", m.Policy.Name, x, err)
			}
		}
	})
}
