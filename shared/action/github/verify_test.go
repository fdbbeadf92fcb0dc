package github_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actions "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
)

// What somebody did to the effect after it was made, Verify sees.
func TestVerifySeesWhatChangedSince(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		scene  string
		change func(*testing.T, *hub, action.Result)
		want   action.Outcome
		kind   fault.Kind
	}{
		"comment edited": {scene: "comment on an issue", want: action.Failed, change: func(t *testing.T, h *hub, res action.Result) {
			t.Helper()
			_, _, err := h.everything(t).Issues.EditComment(t.Context(), h.owner, h.repo, number(t, res), &gh.IssueComment{Body: gh.String("No")})
			check(t, err)
		}},
		"check run goes on": {scene: "check run", want: action.Failed, change: func(t *testing.T, h *hub, res action.Result) {
			t.Helper()
			h.change(t, "checks", number(t, res), map[string]any{"status": "queued", "conclusion": nil})
		}},
		"check run concluded otherwise": {scene: "check run", want: action.Failed, change: func(t *testing.T, h *hub, res action.Result) {
			t.Helper()
			h.change(t, "checks", number(t, res), map[string]any{"conclusion": "failure"})
		}},
		"release withdrawn": {scene: "release", want: action.Failed, change: func(t *testing.T, h *hub, res action.Result) {
			t.Helper()
			h.change(t, "releases", number(t, res), map[string]any{"draft": true})
		}},
		"run not there yet": {scene: "dispatch", want: action.Failed, kind: fault.Unavailable, change: func(t *testing.T, h *hub, _ action.Result) {
			t.Helper()
			runs, _, err := h.everything(t).Actions.ListRepositoryWorkflowRuns(t.Context(), h.owner, h.repo, nil)
			check(t, err)
			for _, run := range runs.WorkflowRuns {
				h.change(t, "runs", run.GetID(), map[string]any{"created_at": "2020-01-01T00:00:00Z"})
			}
		}},
		"branch went on, and its base": {scene: "update branch", want: action.Unknown, change: func(t *testing.T, h *hub, _ action.Result) {
			t.Helper()
			h.happen(t, "check_run.failed") // a commit that the head does not have
			c, base := h.everything(t).Git, "heads/"+h.event.Repository.DefaultBranch
			_, err := c.DeleteRef(t.Context(), h.owner, h.repo, base)
			check(t, err)
			moved := &gh.Reference{Ref: gh.String("refs/" + base), Object: &gh.GitObject{SHA: &h.event.CheckRun.HeadSHA}}
			_, _, err = c.CreateRef(t.Context(), h.owner, h.repo, moved)
			check(t, err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, scenes[tc.scene].event, nil)
			w := h.world(t, scenes[tc.scene])
			p, err := w.Action.Plan(t.Context(), w.Request)
			check(t, err)
			res, err := w.Action.Apply(t.Context(), w.Request, p)
			check(t, err)
			tc.change(t, h, res)
			got, err := w.Action.Verify(t.Context(), w.Request, res)
			if got != tc.want || (err != nil && !fault.Is(err, tc.kind)) || (err == nil && tc.kind != "") {
				t.Errorf("got %s, %v, want %s, %s", got, err, tc.want, tc.kind)
			}
		})
	}
}

// GitHub updates a branch after it has answered: until then it is asked again.
func TestBranchNotUpdatedYet(t *testing.T) {
	t.Parallel()
	w := newHub(t, "pull_request.behind", nil).world(t, scenes["update branch"])
	res := action.Result{State: json.RawMessage(`{"sha":"` + w.Request.Target.SHA + `"}`)}
	if got, err := w.Action.Verify(t.Context(), w.Request, res); got != action.Failed || !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %s, %v", got, err)
	}
}

// narrow gives clients one permission less, or one that may only read.
type narrow struct {
	*github.Clients
	permission string
}

func (n narrow) Client(s github.Scope) (*gh.Client, error) {
	s.Permissions = maps.Clone(s.Permissions)
	if s.Permissions[n.permission] == "write" {
		s.Permissions[n.permission] = "read"
	} else {
		delete(s.Permissions, n.permission)
	}
	return n.Clients.Client(s)
}

// No action asks for more than it needs in one of its scenes (S30).
func TestEachPermissionIsNeeded(t *testing.T) {
	t.Parallel()
	for _, a := range actions.New(nil) {
		spec := a.Spec()
		for permission := range spec.Permissions {
			t.Run(spec.Name+" "+permission, func(t *testing.T) {
				t.Parallel()
				if !slices.ContainsFunc(slices.Collect(maps.Values(scenes)), func(s scene) bool {
					return s.action == spec.Name && fails(t, s, permission)
				}) {
					t.Errorf("all scenes go well with less than %s: %s", permission, spec.Permissions[permission])
				}
			})
		}
	}
}

// fails reports whether the scene is refused without that permission.
func fails(t *testing.T, s scene, permission string) bool {
	t.Helper()
	h := newHub(t, s.event, nil)
	w := h.world(t, s)
	registry, err := action.NewRegistry(actions.New(narrow{h.clients, permission})...)
	check(t, err)
	a, err := registry.Lookup(s.action)
	check(t, err)
	p, err := a.Plan(t.Context(), w.Request)
	if err == nil {
		_, err = a.Apply(t.Context(), w.Request, p)
	}
	return err != nil
}
