package github_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPlansNameTheFields: two policies that flip one field back and forth are
// found by the name that the plan gives it, whatever the spelling.
func TestPlansNameTheFields(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"label":               {"label:a/b c", "label:urgent"},
		"label taken off":     {"label:a/b c"},
		"assign":              {"assignees"},
		"close":               {"state"},
		"comment on an issue": {""},
		"reviewers":           {"reviewers"},
		"merge":               {"state"},
		"update branch":       {"head"},
		"check run":           {"check:policy"},
		"dispatch":            {""},
		"rerun":               {"attempt"},
		"release":             {"release:v9.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHub(t, scenes[name].event, nil).world(t, scenes[name])
			p, err := w.Action.Plan(t.Context(), w.Request)
			check(t, err)
			var got []string
			for _, e := range p.Effects {
				got = append(got, e.Field)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
