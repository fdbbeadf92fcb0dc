package condition_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
)

// TestLettersLackNothingThatIsThere would find a text that is ruled out by its
// letters although the value holds it.
func TestLettersLackNothingThatIsThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 6, 12).Draw(t, "text")
		value := rapid.StringN(0, 90, 180).Draw(t, "before") + text + rapid.StringN(0, 20, 60).Draw(t, "after")
		if condition.LettersOf(value).Lack(condition.LettersOf(text)) {
			t.Errorf("%q is said to lack %q", value, text)
		}
	})
}

func TestLettersRuleOut(t *testing.T) {
	t.Parallel()
	name := condition.LettersOf("octo/hello-world")
	for text, want := range map[string]bool{"xyz": true, "17": true, "dl": true, "hello": false, "": false} {
		if got := name.Lack(condition.LettersOf(text)); got != want {
			t.Errorf("octo/hello-world lacks %q = %t, want %t", text, got, want)
		}
	}
	for _, unknown := range []any{nil, int64(3), []any{"a"}, strings.Repeat("a", 129)} {
		if condition.LettersOf(unknown).Lack(condition.LettersOf("xyz")) {
			t.Errorf("%v is no short text, but is said to lack letters", unknown)
		}
	}
}
