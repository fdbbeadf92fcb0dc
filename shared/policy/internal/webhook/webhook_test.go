package webhook_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{
		"com.github.issues.opened":                "issues.opened",
		"com.github.push":                         "push",
		"com.github.repository_dispatch.deploy":   "repository_dispatch",
		"com.github.repository_dispatch.a.b":      "repository_dispatch",
		"com.github.repository_dispatches.opened": "repository_dispatches.opened",
	} {
		if got := webhook.Event(typ); got != want {
			t.Errorf("Event(%s) = %s, want %s", typ, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	c := &webhook.Catalogue{Events: map[string]int{
		"issues.opened": 0, "issues.closed": 0, "issue_comment.created": 0, "push": 0, "repository_dispatch": 0,
	}}
	for on, want := range map[string][]string{
		"com.github.issues.opened":              {"issues.opened"},
		"com.github.issues.*":                   {"issues.closed", "issues.opened"},
		"com.github.*":                          {"issue_comment.created", "issues.closed", "issues.opened", "push", "repository_dispatch"},
		"com.github.push":                       {"push"},
		"com.github.push.*":                     nil, // a push has no actions
		"com.github.issue*":                     nil, // a wildcard stands for whole names
		"com.github.repository_dispatch.*":      {"repository_dispatch"},
		"com.github.repository_dispatch":        nil,
		"com.github.repository_dispatch.deploy": nil,
		"com.gitlab.issues.opened":              nil,
		"issues.opened":                         nil,
		"":                                      nil,
	} {
		if diff := cmp.Diff(want, c.Expand(on)); diff != "" {
			t.Errorf("Expand(%q): %s", on, diff)
		}
	}
}

// TestTypesExpand would find a type that is offered to people and then refused.
func TestTypesExpand(t *testing.T) {
	t.Parallel()
	c, err := webhook.Load()
	if err != nil {
		t.Fatal(err)
	}
	types := c.Types()
	if !slices.IsSorted(types) || len(types) < len(c.Events) {
		t.Errorf("%d types for %d events", len(types), len(c.Events))
	}
	for _, typ := range types {
		if c.Expand(typ) == nil {
			t.Errorf("%s is offered, but unknown", typ)
		}
	}
	for _, want := range []string{"com.github.issues.*", "com.github.issues.opened", "com.github.push", "com.github.repository_dispatch.*"} {
		if !slices.Contains(types, want) {
			t.Errorf("%s is not offered", want)
		}
	}
}
