package index_test

import (
	"fmt"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/index"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// TestOneEventMakesFewConditionsRun would find that an issue without a body
// has all conditions on bodies evaluated, and their errors recorded.
func TestOneEventMakesFewConditionsRun(t *testing.T) {
	t.Parallel()
	types, err := webhook.Load()
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := condition.NewCompiler(types)
	if err != nil {
		t.Fatal(err)
	}
	x := index.New()
	add := func(number int, source string) {
		parsed, problems := compiler.Parse(source)
		if problems != nil {
			t.Fatal(problems)
		}
		checked, problems := compiler.Check(parsed, "issues.opened")
		if problems != nil {
			t.Fatal(problems)
		}
		parts, err := checked.Split()
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Add(number, parts); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 400 {
		add(i, fmt.Sprintf(`event.issue.body.startsWith("/command-%03d")`, i))
	}
	add(400, `event.issue.title == "a"`)
	without := &condition.Facts{Event: map[string]any{"issue": map[string]any{"title": "a"}}}
	for range 2 { // the second event is as the first
		if hits, failures := x.Match(without, nil); len(failures) != 256 || len(hits) != 1 || hits[0] != 400 {
			t.Errorf("%d failures, hits %v; want 256 and 400", len(failures), hits)
		}
	}
	with := &condition.Facts{Event: map[string]any{"issue": map[string]any{"title": "b", "body": "/command-399"}}}
	if hits, failures := x.Match(with, nil); len(failures) != 0 || len(hits) != 1 || hits[0] != 399 {
		t.Errorf("failures %v, hits %v; want none and 399", failures, hits)
	}
}
