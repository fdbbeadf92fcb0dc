package github_test

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/actiontest"
)

// scene is a world in which one action's effect is wanted.
type scene struct {
	action string
	event  string
	before func(*testing.T, *hub) // what was there before
	target func(*hub) action.Target
	args   string
	bad    []string
}

func (s scene) arguments(h *hub) string {
	return strings.NewReplacer("$workflow", path.Base(h.event.Workflow.Path), "$branch", h.event.Repository.DefaultBranch).Replace(s.args)
}

func issue(h *hub) action.Target {
	t := h.target
	t.Kind, t.ID, t.AsOf = "issue", strconv.Itoa(h.event.Issue.Number+h.event.PullRequest.Number), h.event.Issue.UpdatedAt
	return t
}

func pull(h *hub) action.Target {
	t := h.target
	t.Kind, t.ID, t.AsOf = "pull_request", strconv.Itoa(h.event.PullRequest.Number), h.event.PullRequest.UpdatedAt
	t.SHA = h.event.PullRequest.Head.SHA
	return t
}

func head(h *hub) action.Target {
	t := h.target
	t.Kind, t.ID = "commit", h.event.PullRequest.Head.SHA
	return t
}

func run(h *hub) action.Target {
	t := h.target
	t.Kind, t.ID, t.AsOf = "workflow_run", strconv.FormatInt(h.event.WorkflowRun.ID, 10), strconv.Itoa(h.event.WorkflowRun.RunAttempt)
	t.SHA = h.event.WorkflowRun.HeadSHA
	return t
}

func repository(h *hub) action.Target { return h.target }

func labelled(names ...string) func(*testing.T, *hub) {
	return func(t *testing.T, h *hub) {
		t.Helper()
		_, _, err := h.everything(t).Issues.AddLabelsToIssue(t.Context(), h.owner, h.repo, h.number(), names)
		check(t, err)
	}
}

func tagged(t *testing.T, h *hub) {
	t.Helper()
	c := h.everything(t)
	ref, _, err := c.Git.GetRef(t.Context(), h.owner, h.repo, "heads/"+h.event.Repository.DefaultBranch)
	check(t, err)
	_, _, err = c.Git.CreateRef(t.Context(), h.owner, h.repo, &gh.Reference{Ref: gh.String("refs/tags/v9.1"), Object: ref.Object})
	check(t, err)
}

// scenes holds each of the twelve actions at least once.
var scenes = map[string]scene{
	"label": {
		action: "github.issue.label", event: "issues.opened", before: labelled("kept"), target: issue,
		args: `{"add":["a/b c","kept","Urgent"]}`, bad: []string{`{}`, `{"add":[]}`, `{"add":[""]}`, `{"add":"a"}`},
	},
	"label of a pull request": {action: "github.issue.label", event: "pull_request.opened", target: issue, args: `{"add":["x"]}`},
	"label taken off": {
		action: "github.issue.label", event: "issues.opened", before: labelled("kept", "a/b c"), target: issue,
		args: `{"remove":["A/b C","absent"]}`,
	},
	"assign": {
		action: "github.issue.assign", event: "issues.opened", target: issue,
		args: `{"assignees":["octocat","hubot"]}`, bad: []string{`{}`, `{"assignees":["a b"]}`},
	},
	"assign on a pull request": {action: "github.issue.assign", event: "pull_request.opened", target: issue, args: `{"assignees":["octocat"]}`},
	"close": {
		action: "github.issue.close", event: "issues.opened", target: issue,
		args: `{"reason":"not_planned"}`, bad: []string{`{"reason":"reopened"}`},
	},
	"comment on an issue": {
		action: "github.issue.comment", event: "issues.opened", target: issue,
		args: `{"body":"Hello"}`, bad: []string{`{}`, `{"body":""}`, `{"body":"x <!-- infinity:0f1e2d3c4b5a -->"}`},
	},
	"comment on a pull request": {
		action: "github.pull_request.comment", event: "pull_request.opened", target: pull,
		args: `{"body":"Hello"}`, bad: []string{`{"body":1}`},
	},
	"reviewers": {
		action: "github.pull_request.request_reviewers", event: "pull_request.opened", target: pull,
		args: `{"reviewers":["octocat","Codertocat"]}`, bad: []string{`{}`, `{"reviewers":["../x"]}`},
	},
	"merge": {
		action: "github.pull_request.merge", event: "pull_request.opened", target: pull,
		args: `{"method":"squash"}`, bad: []string{`{"method":"force"}`},
	},
	"update branch": {action: "github.pull_request.update_branch", event: "pull_request.behind", target: pull, args: `{}`},
	"check run": {
		action: "github.check_run.create", event: "pull_request.opened", target: head,
		args: `{"name":"policy","conclusion":"neutral","title":"Fine","summary":"All of it"}`,
		bad:  []string{`{}`, `{"name":"n","title":"t","summary":"s"}`},
	},
	"check run that goes on": {
		action: "github.check_run.create", event: "pull_request.opened", target: head,
		args: `{"name":"policy","status":"in_progress","title":"Fine","summary":"All of it"}`,
	},
	"dispatch": {
		action: "github.workflow.dispatch", event: "workflow_run.failed", target: repository,
		args: `{"workflow":"$workflow","ref":"$branch"}`, bad: []string{`{}`, `{"workflow":"../x.yml","ref":"main"}`},
	},
	"dispatch with inputs": {
		action: "github.workflow.dispatch", event: "workflow_run.failed", target: repository,
		args: `{"workflow":"$workflow","ref":"$branch","inputs":{"level":"high"}}`,
	},
	"rerun": {action: "github.workflow.rerun_failed_jobs", event: "workflow_run.failed", target: run, args: `{}`},
	"release": {
		action: "github.release.create", event: "issues.opened", target: repository,
		args: `{"tag":"v9.1","name":"Nine","body":"New"}`, bad: []string{`{}`, `{"tag":"v 1"}`, `{"tag":"v1","body":"<!-- infinity:x -->"}`},
	},
	"release of a tag": {action: "github.release.create", event: "issues.opened", before: tagged, target: repository, args: `{"tag":"v9.1"}`},
	"draft of a release": {
		action: "github.release.create", event: "issues.opened", target: repository,
		args: `{"tag":"rel/v9.1","draft":true,"prerelease":true}`,
	},
}

func TestActions(t *testing.T) {
	t.Parallel()
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actiontest.Run(t, func(t *testing.T) actiontest.World {
				t.Helper()
				return newHub(t, s.event, nil).world(t, s)
			}, s.bad)
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *hub) number() int { return h.event.Issue.Number + h.event.PullRequest.Number }

// state tells all that the actions change in the repository.
func (h *hub) state(t *testing.T) string {
	t.Helper()
	c, ctx, number := h.everything(t), t.Context(), h.number()
	var b strings.Builder
	if number > 0 {
		issue, _, err := c.Issues.Get(ctx, h.owner, h.repo, number)
		check(t, err)
		comments, _, err := c.Issues.ListComments(ctx, h.owner, h.repo, number, nil)
		check(t, err)
		var set []string
		for _, l := range issue.Labels {
			set = append(set, "label "+l.GetName())
		}
		for _, u := range issue.Assignees {
			set = append(set, "assignee "+u.GetLogin())
		}
		slices.Sort(set)
		fmt.Fprintln(&b, issue.GetState(), set, len(comments))
	}
	if number := h.event.PullRequest.Number; number > 0 {
		pr, _, err := c.PullRequests.Get(ctx, h.owner, h.repo, number)
		check(t, err)
		var set []string
		for _, u := range pr.RequestedReviewers {
			set = append(set, "reviewer "+u.GetLogin())
		}
		for _, u := range pr.RequestedTeams {
			set = append(set, "team "+u.GetSlug())
		}
		slices.Sort(set)
		fmt.Fprintln(&b, pr.GetMerged(), pr.GetHead().GetSHA(), set)
		checks, _, err := c.Checks.ListCheckRunsForRef(ctx, h.owner, h.repo, pr.GetHead().GetSHA(), nil)
		check(t, err)
		fmt.Fprintln(&b, checks.GetTotal(), "checks")
	}
	runs, _, err := c.Actions.ListRepositoryWorkflowRuns(ctx, h.owner, h.repo, nil)
	check(t, err)
	for _, run := range runs.WorkflowRuns {
		fmt.Fprintln(&b, "run", run.GetID(), run.GetRunAttempt())
	}
	releases, _, err := c.Repositories.ListReleases(ctx, h.owner, h.repo, nil)
	check(t, err)
	for _, r := range releases {
		fmt.Fprintln(&b, "release", r.GetTagName(), r.GetDraft())
	}
	_, resp, err := c.Git.GetRef(ctx, h.owner, h.repo, "tags/v9.1")
	if resp == nil || resp.StatusCode != http.StatusNotFound {
		check(t, err)
		fmt.Fprintln(&b, "tag v9.1")
	}
	return b.String()
}
