package github_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/actiontest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// triage takes one label off and puts one on; others, and those that are as
// wanted, stay as they were, also after Revert.
var triage = scene{
	action: "github.issue.label", event: "issues.opened", before: labelled("kept", "a/b c", "there"), target: issue,
	args: `{"add":["there","Urgent"],"remove":["A/b C","absent"]}`,
}

func (h *hub) labels(t *testing.T) map[string]bool {
	t.Helper()
	labels, _, err := h.everything(t).Issues.ListLabelsByIssue(t.Context(), h.owner, h.repo, h.number(), nil)
	check(t, err)
	set := map[string]bool{}
	for _, l := range labels {
		set[l.GetName()] = true
	}
	return set
}

func TestLabelsPutOnAndTakenOff(t *testing.T) {
	t.Parallel()
	h := newHub(t, triage.event, nil)
	w := h.world(t, triage)
	before := h.labels(t)
	p, err := w.Action.Plan(t.Context(), w.Request)
	check(t, err)
	want := []action.Effect{{Verb: "add label", Field: "label:urgent", After: "Urgent"}, {Verb: "remove label", Field: "label:a/b c", Before: "A/b C"}}
	if diff := cmp.Diff(want, p.Effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	res, err := w.Action.Apply(t.Context(), w.Request, p)
	check(t, err)
	after := h.labels(t)
	if !after["Urgent"] || !after["kept"] || !after["there"] || after["a/b c"] || w.Effects() != 2 {
		t.Errorf("labels after Apply: %v, %d effects", after, w.Effects())
	}
	if got, err := w.Action.Verify(t.Context(), w.Request, res); got != action.Worked {
		t.Errorf("Verify: %s, %v", got, err)
	}
	check(t, w.Action.(action.Reverter).Revert(t.Context(), w.Request, p, res))
	if diff := cmp.Diff(before, h.labels(t)); diff != "" {
		t.Errorf("labels after Revert (-before +now):\n%s", diff)
	}
}

// The connection drops between the two calls of one Apply: what is left is
// planned and done, once.
func TestLabelsHalfDone(t *testing.T) {
	t.Parallel()
	h := newHub(t, triage.event, nil)
	w := h.world(t, triage)
	p, err := w.Action.Plan(t.Context(), w.Request)
	check(t, err)
	w.Break(actiontest.LostAnswer)
	if _, err := w.Action.Apply(t.Context(), w.Request, p); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("Apply: %v", err)
	}
	w.Break(actiontest.None)
	if got, _ := w.Action.Verify(t.Context(), w.Request, action.Result{}); got != action.Failed {
		t.Errorf("Verify of one half: %s", got)
	}
	if p, err = w.Action.Plan(t.Context(), w.Request); err != nil || len(p.Effects) != 1 {
		t.Fatalf("the second plan has %v, %v, want one effect", p.Effects, err)
	}
	_, err = w.Action.Apply(t.Context(), w.Request, p)
	check(t, err)
	if n := w.Effects(); n != 2 {
		t.Errorf("%d effects, want 2", n)
	}
}
