package github_test

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"testing"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/actiontest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// change is what somebody else did to the world's resource.
func (h *hub) change(t *testing.T, kind string, id int64, fields map[string]any) {
	t.Helper()
	check(t, h.Change(fake.Change{Kind: kind, Repository: h.target.Repository, ID: id, Fields: fields}))
}

func (h *hub) changePull(t *testing.T, fields map[string]any) {
	t.Helper()
	h.change(t, "pulls", int64(h.event.PullRequest.Number), fields)
}

// What was planned no longer holds when it is applied (F11).
func TestWorldMovedBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(*testing.T, *hub){
		"merge":         pushed,
		"update branch": pushed,
		"rerun": func(t *testing.T, h *hub) {
			t.Helper()
			h.change(t, "runs", h.event.WorkflowRun.ID, map[string]any{"run_attempt": h.event.WorkflowRun.RunAttempt + 1})
		},
		"release": func(t *testing.T, h *hub) {
			t.Helper()
			w := h.world(t, scenes["release"]) // somebody else's release of the tag
			w.Request.Key = "another"
			_, err := w.Action.Apply(t.Context(), w.Request, action.Plan{})
			check(t, err)
			h.begun++
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, scenes[name].event, nil)
			w := h.world(t, scenes[name])
			for _, forget := range []bool{false, true} { // with and without the head that the event told of
				if forget {
					w.Request.Target.SHA = ""
				}
				p, err := w.Action.Plan(t.Context(), w.Request)
				if forget && (err != nil || len(p.Effects) == 0) {
					continue // it is as the other left it
				}
				check(t, err)
				move(t, h)
				if _, err := w.Action.Apply(t.Context(), w.Request, p); !fault.Is(err, fault.Conflict) {
					t.Errorf("Apply: %v, want %s", err, fault.Conflict)
				}
				if n := w.Effects(); n != 0 {
					t.Errorf("%d effects, want none", n)
				}
			}
		})
	}
}

// A plan that names no head must not become a call without a precondition.
func TestPlanWithoutPrecondition(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"merge", "update branch"} {
		w := newHub(t, scenes[name].event, nil).world(t, scenes[name])
		if _, err := w.Action.Apply(t.Context(), w.Request, action.Plan{}); !fault.Is(err, fault.Conflict) || w.Effects() != 0 {
			t.Errorf("%s: %v and %d effects, want %s and none", name, err, w.Effects(), fault.Conflict)
		}
	}
}

// What Plan answers when the world is not as the event told; "" is no error
// and nothing to do.
func TestPlanInAnotherWorld(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		scene string
		move  func(*testing.T, *hub)
		want  fault.Kind
	}{
		"head moved":         {"merge", pushed, fault.Conflict},
		"head moved, behind": {"update branch", pushed, fault.Conflict},
		"closed":             {"merge", closed, fault.Conflict},
		"draft":              {"merge", func(t *testing.T, h *hub) { t.Helper(); h.changePull(t, map[string]any{"draft": true}) }, fault.Conflict},
		"conflicting":        {"merge", func(t *testing.T, h *hub) { t.Helper(); h.changePull(t, map[string]any{"mergeable": false}) }, fault.Conflict},
		"merged": {"merge", func(t *testing.T, h *hub) {
			t.Helper()
			h.changePull(t, map[string]any{"merged": true, "state": "closed"})
		}, ""},
		"no review of closed": {"reviewers", closed, fault.Conflict},
		"still running":       {"rerun", runIs("in_progress", nil), fault.Conflict},
		"nothing failed":      {"rerun", runIs("completed", "success"), ""},
		"disabled": {"dispatch", func(t *testing.T, h *hub) {
			t.Helper()
			h.change(t, "workflows", h.event.Workflow.ID, map[string]any{"state": "disabled_manually"})
		}, fault.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, scenes[tc.scene].event, nil)
			w := h.world(t, scenes[tc.scene])
			tc.move(t, h)
			p, err := w.Action.Plan(t.Context(), w.Request)
			if (tc.want == "") != (err == nil) || (err != nil && !fault.Is(err, tc.want)) || len(p.Effects) != 0 {
				t.Errorf("Plan: %v, %v, want %s and no effect", p.Effects, err, tc.want)
			}
		})
	}
}

// pushed moves the pull request's head.
func pushed(t *testing.T, h *hub) {
	t.Helper()
	var sha [20]byte
	_, _ = rand.Read(sha[:])
	h.changePull(t, map[string]any{"head_sha": hex.EncodeToString(sha[:])})
}

func closed(t *testing.T, h *hub) {
	t.Helper()
	h.changePull(t, map[string]any{"state": "closed"})
}

func runIs(status string, conclusion any) func(*testing.T, *hub) {
	return func(t *testing.T, h *hub) {
		t.Helper()
		h.change(t, "runs", h.event.WorkflowRun.ID, map[string]any{"status": status, "conclusion": conclusion})
	}
}

// A run that somebody started between our look and our call is refused by
// GitHub as forbidden; that is a conflict, not a missing permission.
func TestRunThatIsRunningAlready(t *testing.T) {
	t.Parallel()
	h := newHub(t, scenes["rerun"].event, nil)
	w := h.world(t, scenes["rerun"])
	p, err := w.Action.Plan(t.Context(), w.Request)
	check(t, err)
	runIs("queued", nil)(t, h)
	if _, err := w.Action.Apply(t.Context(), w.Request, p); !fault.Is(err, fault.Conflict) || w.Effects() != 0 {
		t.Errorf("Apply: %v and %d effects, want %s and none", err, w.Effects(), fault.Conflict)
	}
}

func TestPullRequestIsNotClosedAsAnIssue(t *testing.T) {
	t.Parallel()
	s := scenes["close"]
	s.event = "pull_request.opened"
	w := newHub(t, s.event, nil).world(t, s)
	if _, err := w.Action.Plan(t.Context(), w.Request); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

// Each permission that an action says it needs, it needs; and it says all.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := lookup(t, s.action).Spec()
			for missing := range spec.Permissions {
				granted := map[string]string{"metadata": "read"}
				for _, other := range []string{"issues", "pull_requests", "contents", "checks", "actions"} {
					if other != missing {
						granted[other] = "write"
					}
				}
				s.before = nil // the world is not built, since nothing is done in it
				w := newHub(t, s.event, granted).world(t, s)
				if _, err := w.Action.Plan(t.Context(), w.Request); !fault.Is(err, fault.Forbidden) {
					t.Errorf("without %s: %v, want %s", missing, err, fault.Forbidden)
				}
			}
		})
	}
}

func TestTargetsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		scene  string
		change func(*action.Target)
	}{
		"no number":      {"label", func(t *action.Target) { t.ID = "x" }},
		"number of none": {"label", func(t *action.Target) { t.ID = "-1" }},
		"no sha":         {"check run", func(t *action.Target) { t.ID = "main/../x" }},
		"no run":         {"rerun", func(t *action.Target) { t.ID = "1/x" }},
		"no attempt":     {"rerun", func(t *action.Target) { t.AsOf = "" }},
		"no repository":  {"label", func(t *action.Target) { t.Repository = "o" }},
		"path":           {"label", func(t *action.Target) { t.Repository = "o/../x" }},
		"no id":          {"label", func(t *action.Target) { t.RepositoryID = 0 }},
	} {
		w := newHub(t, scenes[tc.scene].event, nil).world(t, scenes[tc.scene])
		tc.change(&w.Request.Target)
		if _, err := w.Action.Plan(t.Context(), w.Request); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: Plan: %v", name, err)
		}
		if _, err := w.Action.Apply(t.Context(), w.Request, action.Plan{}); !fault.Is(err, fault.Invalid) || w.Effects() != 0 {
			t.Errorf("%s: Apply: %v", name, err)
		}
		if got, err := w.Action.Verify(t.Context(), w.Request, action.Result{ID: "1"}); got != action.Unknown || err == nil {
			t.Errorf("%s: Verify: %s, %v", name, got, err)
		}
	}
}

// Whom the world does not answer, Verify leaves open; a result it has not made
// it does not take for one.
func TestVerifyCannotTell(t *testing.T) {
	t.Parallel()
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, s.event, nil)
			w := h.world(t, s)
			p, err := w.Action.Plan(t.Context(), w.Request)
			check(t, err)
			res, err := w.Action.Apply(t.Context(), w.Request, p)
			check(t, err)
			w.Break(actiontest.Down)
			if got, err := w.Action.Verify(t.Context(), w.Request, res); got != action.Unknown || !fault.Is(err, fault.Unavailable) {
				t.Errorf("Verify of a world that is down: %s, %v", got, err)
			}
			w.Break(actiontest.None)
			bad := p
			bad.State = json.RawMessage(`[`)
			if r, ok := w.Action.(action.Reverter); ok && len(p.State) > 0 && r.Revert(t.Context(), w.Request, bad, res) == nil {
				t.Error("Revert takes a state that it cannot read")
			}
		})
	}
}
