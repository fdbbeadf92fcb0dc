package docid_test

import (
	"regexp"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/docid"
)

// TestOfStaysAsItIs holds ids to what documents on disk are called.
func TestOfStaysAsItIs(t *testing.T) {
	t.Parallel()
	if got, want := docid.Of("effect", "github.issue.label", "a/b", "issue", "7", "bug"), "tyrdzeblxkpexmzwq6bmwrry3f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOfTellsListsApart(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z2-7]{26}$`)
	seen := map[string][]string{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a\x00b"}, {"A", "b"}} {
		got := docid.Of(parts...)
		if !form.MatchString(got) {
			t.Errorf("%q: %s is no id", parts, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q have one id", parts, other)
		}
		seen[got] = parts
	}
}
