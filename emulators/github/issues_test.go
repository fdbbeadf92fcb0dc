package github_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

// place is where a delivered event happened.
type place struct {
	owner, repo  string
	id           int64 // of the repository
	installation int64
	number       int // of the issue or pull request
	run          int64
	sha          string
}

func (w *world) at(t *testing.T, event string) place {
	t.Helper()
	_, body := w.deliver(t, event)
	repo, _ := body["repository"].(map[string]any)
	inst, _ := body["installation"].(map[string]any)
	owner, _ := repo["owner"].(map[string]any)
	p := place{owner: owner["login"].(string), repo: repo["name"].(string), id: num(repo["id"]), installation: num(inst["id"])}
	for _, name := range []string{"issue", "pull_request"} {
		if doc, ok := body[name].(map[string]any); ok {
			p.number = int(num(doc["number"]))
		}
	}
	if run, ok := body["workflow_run"].(map[string]any); ok {
		p.run, p.sha = num(run["id"]), run["head_sha"].(string)
	}
	if check, ok := body["check_run"].(map[string]any); ok {
		p.sha = check["head_sha"].(string)
	}
	return p
}

func num(v any) int64 { f, _ := v.(float64); return int64(f) }

// status checks that a call was answered with that status.
func status(t *testing.T, what string, resp *gh.Response, err error, want int) {
	t.Helper()
	switch {
	case resp == nil:
		t.Errorf("%s: no answer: %v", what, err)
	case resp.StatusCode != want:
		t.Errorf("%s: status %d, want %d: %v", what, resp.StatusCode, want, err)
	}
}

func TestIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "issues.opened")
	c, ctx := w.as(t, p.installation, nil), t.Context()

	issue, resp, err := c.Issues.Get(ctx, p.owner, p.repo, p.number)
	status(t, "get", resp, err, 200)
	if issue.GetState() != "open" {
		t.Errorf("state = %s", issue.GetState())
	}
	_, resp, err = c.Issues.Get(ctx, p.owner, p.repo, 99999)
	status(t, "get none", resp, err, 404)
	issue, resp, err = c.Issues.Edit(ctx, p.owner, p.repo, p.number, &gh.IssueRequest{State: gh.String("closed"), StateReason: gh.String("not_planned")})
	status(t, "close", resp, err, 200)
	if issue.GetState() != "closed" || issue.GetStateReason() != "not_planned" || issue.ClosedAt == nil {
		t.Errorf("closed: %v", issue)
	}
	_, resp, err = c.Issues.Edit(ctx, p.owner, p.repo, p.number, &gh.IssueRequest{State: gh.String("ajar")})
	status(t, "bad state", resp, err, 422)
	issue, resp, err = c.Issues.Edit(ctx, p.owner, p.repo, p.number, &gh.IssueRequest{State: gh.String("open"), Title: gh.String("New")})
	status(t, "reopen", resp, err, 200)
	if issue.GetStateReason() != "reopened" || issue.GetTitle() != "New" || issue.ClosedAt != nil {
		t.Errorf("reopened: %v", issue)
	}
	list, resp, err := c.Issues.ListByRepo(ctx, p.owner, p.repo, nil)
	status(t, "list", resp, err, 200)
	if len(list) != 1 {
		t.Errorf("%d issues", len(list))
	}
	issue, resp, err = c.Issues.AddAssignees(ctx, p.owner, p.repo, p.number, []string{"octocat", "nobody-knows"})
	status(t, "assign", resp, err, 201)
	if len(issue.Assignees) == 0 || issue.Assignees[len(issue.Assignees)-1].GetLogin() != "octocat" {
		t.Errorf("assignees: %v", issue.Assignees)
	}
	before := len(issue.Assignees)
	issue, resp, err = c.Issues.RemoveAssignees(ctx, p.owner, p.repo, p.number, []string{"OctoCat"})
	status(t, "unassign", resp, err, 200)
	if len(issue.Assignees) != before-1 {
		t.Errorf("assignees: %v", issue.Assignees)
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "issues.opened")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	names := func(labels []*gh.Label) (out []string) {
		for _, l := range labels {
			out = append(out, l.GetName())
		}
		return out
	}
	labels, resp, err := c.Issues.ReplaceLabelsForIssue(ctx, p.owner, p.repo, p.number, []string{"one"})
	status(t, "set", resp, err, 200)
	if diff := cmp.Diff([]string{"one"}, names(labels)); diff != "" {
		t.Error(diff)
	}
	effects := len(w.Effects())
	labels, resp, err = c.Issues.AddLabelsToIssue(ctx, p.owner, p.repo, p.number, []string{"a/b c", "ONE"})
	status(t, "add", resp, err, 200)
	if diff := cmp.Diff([]string{"one", "a/b c"}, names(labels)); diff != "" {
		t.Error(diff)
	}
	_, resp, err = c.Issues.AddLabelsToIssue(ctx, p.owner, p.repo, p.number, []string{"one"})
	status(t, "add again", resp, err, 200)
	if got := len(w.Effects()) - effects; got != 1 {
		t.Errorf("%d effects, want 1: adding what is there is none", got)
	}
	labels, resp, err = c.Issues.ListLabelsByIssue(ctx, p.owner, p.repo, p.number, nil)
	status(t, "list", resp, err, 200)
	if len(labels) != 2 {
		t.Errorf("labels: %v", names(labels))
	}
	resp, err = c.Issues.RemoveLabelForIssue(ctx, p.owner, p.repo, p.number, "a%2Fb%20c")
	status(t, "remove", resp, err, 200)
	resp, err = c.Issues.RemoveLabelForIssue(ctx, p.owner, p.repo, p.number, "a%2Fb%20c")
	status(t, "remove none", resp, err, 404)
}

func TestComments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "issues.opened")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	var first *gh.IssueComment
	for i := range 5 {
		made, resp, err := c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String(fmt.Sprintf("Hello <!-- infinity:k%d -->", i))})
		status(t, "create", resp, err, 201)
		if i == 0 {
			first = made
		}
		w.clock.Advance(time.Minute)
	}
	if first.GetUser().GetLogin() != "infinity-matrix[bot]" {
		t.Errorf("author = %s", first.GetUser().GetLogin())
	}
	if e := w.Effects(); len(e) != 5 || e[3].Key != "k3" || e[3].Method != http.MethodPost || e[3].Resource == "" || e[3].RequestID == "" {
		t.Errorf("effects: %+v", e)
	}
	opts := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 2}}
	total := 0
	for {
		part, resp, err := c.Issues.ListComments(ctx, p.owner, p.repo, p.number, opts)
		status(t, "list", resp, err, 200)
		total += len(part)
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	if total != 5 {
		t.Errorf("%d comments on all pages", total)
	}
	since := w.clock.Now().Add(-2 * time.Minute)
	late, resp, err := c.Issues.ListComments(ctx, p.owner, p.repo, p.number, &gh.IssueListCommentsOptions{Since: &since})
	status(t, "since", resp, err, 200)
	if len(late) != 2 {
		t.Errorf("%d comments since", len(late))
	}
	_, resp, err = c.Issues.GetComment(ctx, p.owner, p.repo, first.GetID())
	status(t, "get", resp, err, 200)
	edited, resp, err := c.Issues.EditComment(ctx, p.owner, p.repo, first.GetID(), &gh.IssueComment{Body: gh.String("Other")})
	status(t, "edit", resp, err, 200)
	if edited.GetBody() != "Other" {
		t.Errorf("body = %q", edited.GetBody())
	}
	resp, err = c.Issues.DeleteComment(ctx, p.owner, p.repo, first.GetID())
	status(t, "delete", resp, err, 204)
	resp, err = c.Issues.DeleteComment(ctx, p.owner, p.repo, first.GetID())
	status(t, "delete again", resp, err, 404)
	_, resp, err = c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String("")})
	status(t, "empty", resp, err, 422)
	if err := w.Change(github.Change{Kind: "issues", Repository: p.owner + "/" + p.repo, ID: int64(p.number), Fields: map[string]any{"locked": true}}); err != nil {
		t.Fatal(err)
	}
	_, resp, err = c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String("x")})
	status(t, "locked", resp, err, http.StatusForbidden)
}
