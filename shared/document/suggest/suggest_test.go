package suggest_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		names []string
		want  string
	}{
		"limts":                {[]string{"limits", "name"}, "limits"},
		"neam":                 {[]string{"limits", "name"}, "name"}, // two steps
		"name":                 {[]string{"names", "name"}, "name"},
		"abcd":                 {[]string{"wxyz"}, ""},         // nothing in common
		"abc":                  {[]string{"axy"}, "axy"},       // two steps are allowed to a short word
		"abz":                  {[]string{"cde"}, ""},          // three are not
		"abcdefghi":            {[]string{"abcdef"}, "abcdef"}, // a third of a long one may be wrong
		"abcdefgh":             {[]string{"abcde"}, ""},
		"ab":                   {[]string{"ac", "aa"}, "aa"}, // of equally near ones the first by name
		"":                     {[]string{"ab"}, "ab"},
		"issues.opend":         {[]string{"issues.opened", "issues.pinned"}, "issues.opened"},
		"nothing to pick from": {nil, ""},
	}
	for word, tt := range tests {
		want := ""
		if tt.want != "" {
			want = `did you mean "` + tt.want + `"?`
		}
		if got := suggest.Closest(word, tt.names); got != want {
			t.Errorf("Closest(%q, %q) = %q, want %q", word, tt.names, got, want)
		}
	}
}
