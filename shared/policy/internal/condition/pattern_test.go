package condition_test

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// TestPatternsAreTheRegexp would find text that is looked for but that a match
// need not contain.
func TestPatternsAreTheRegexp(t *testing.T) {
	t.Parallel()
	types, err := webhook.Load()
	if err != nil {
		t.Fatal(err)
	}
	c, err := condition.NewCompiler(types)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`(\(\?i\))?\^?(ab?|a\*|\(ab\)[+*?]?|[ab]\|b|\[ab\]\{0,2\}|\.)(ab?|b\+|\(a\|b\))\$?`).Draw(t, "pattern")
		title := rapid.StringMatching(`[abAB]{0,6}(c{130}b?)?`).Draw(t, "title") // some are too long for letters
		re, err := regexp.Compile(pattern)
		if err != nil {
			t.Skip(err)
		}
		parsed, problems := c.Parse(fmt.Sprintf("event.issue.title.matches(%q)", pattern))
		if problems != nil {
			t.Fatal(problems)
		}
		checked, problems := c.Check(parsed, "issues.opened")
		if problems != nil {
			t.Fatal(problems)
		}
		parts, err := checked.Split()
		if err != nil {
			t.Fatal(err)
		}
		got, err := parts[0].Eval(&condition.Facts{Event: map[string]any{"issue": map[string]any{"title": title}}})
		if want := re.MatchString(title); err != nil || got != want {
			t.Errorf("%q matches %q = %t, %v; want %t", title, pattern, got, err, want)
		}
	})
}
