package github_test

import (
	"errors"
	"strings"
	"testing"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

func TestPullRequestReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "pull_request_review.submitted")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	pull, resp, err := c.PullRequests.Get(ctx, p.owner, p.repo, p.number)
	status(t, "get", resp, err, 200)
	list, resp, err := c.PullRequests.List(ctx, p.owner, p.repo, &gh.PullRequestListOptions{State: "all"})
	status(t, "list", resp, err, 200)
	if len(list) != 1 {
		t.Errorf("%d pull requests", len(list))
	}
	reviews, resp, err := c.PullRequests.ListReviews(ctx, p.owner, p.repo, p.number, nil)
	status(t, "reviews", resp, err, 200)
	if len(reviews) != 1 {
		t.Errorf("%d reviews", len(reviews))
	}
	files, resp, err := c.PullRequests.ListFiles(ctx, p.owner, p.repo, p.number, nil)
	status(t, "files", resp, err, 200)
	if len(files) != min(pull.GetChangedFiles(), 30) {
		t.Errorf("%d files, want %d", len(files), pull.GetChangedFiles())
	}
	issue, resp, err := c.Issues.Get(ctx, p.owner, p.repo, p.number)
	status(t, "its issue", resp, err, 200)
	if !issue.IsPullRequest() || issue.GetTitle() != pull.GetTitle() {
		t.Errorf("issue: %v", issue)
	}
}

func TestReviewers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "pull_request.opened")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	pull, _, err := c.PullRequests.Get(ctx, p.owner, p.repo, p.number)
	if err != nil {
		t.Fatal(err)
	}
	_, resp, err := c.PullRequests.RequestReviewers(ctx, p.owner, p.repo, p.number, gh.ReviewersRequest{Reviewers: []string{"octocat"}})
	status(t, "ask", resp, err, 201)
	_, resp, err = c.PullRequests.RequestReviewers(ctx, p.owner, p.repo, p.number, gh.ReviewersRequest{Reviewers: []string{pull.GetUser().GetLogin()}})
	status(t, "ask the author", resp, err, 422)
	_, resp, err = c.PullRequests.RequestReviewers(ctx, p.owner, p.repo, p.number, gh.ReviewersRequest{Reviewers: []string{"nobody-knows"}})
	status(t, "ask a stranger", resp, err, 422)
	asked, resp, err := c.PullRequests.ListReviewers(ctx, p.owner, p.repo, p.number, nil)
	status(t, "list", resp, err, 200)
	if len(asked.Users) != len(pull.RequestedReviewers)+1 {
		t.Errorf("asked: %v", asked.Users)
	}
	resp, err = c.PullRequests.RemoveReviewers(ctx, p.owner, p.repo, p.number, gh.ReviewersRequest{Reviewers: []string{"octocat"}})
	status(t, "take back", resp, err, 200)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "pull_request.opened")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	pull, _, err := c.PullRequests.Get(ctx, p.owner, p.repo, p.number)
	if err != nil {
		t.Fatal(err)
	}
	merge := func(sha string) (*gh.PullRequestMergeResult, *gh.Response, error) {
		return c.PullRequests.Merge(ctx, p.owner, p.repo, p.number, "", &gh.PullRequestOptions{SHA: sha})
	}
	_, resp, err := merge(strings.Repeat("a", 40))
	status(t, "another head", resp, err, 409)
	set := func(fields map[string]any) {
		t.Helper()
		if err := w.Change(github.Change{Kind: "pulls", Repository: p.owner + "/" + p.repo, ID: int64(p.number), Fields: fields}); err != nil {
			t.Fatal(err)
		}
	}
	set(map[string]any{"mergeable": false})
	_, resp, err = merge(pull.GetHead().GetSHA())
	status(t, "conflicts", resp, err, 405)
	set(map[string]any{"mergeable": true, "head_sha": strings.Repeat("b", 40)})
	_, resp, err = merge(pull.GetHead().GetSHA())
	status(t, "pushed meanwhile", resp, err, 409)
	made, resp, err := merge(strings.Repeat("b", 40))
	status(t, "merge", resp, err, 200)
	ref, resp, err := c.Git.GetRef(ctx, p.owner, p.repo, "heads/"+pull.GetBase().GetRef())
	status(t, "base", resp, err, 200)
	if ref.GetObject().GetSHA() != made.GetSHA() {
		t.Errorf("the base is at %s, not at the merge", ref.GetObject().GetSHA())
	}
	_, resp, err = merge(strings.Repeat("b", 40))
	status(t, "merge again", resp, err, 405)
	if pull, _, err = c.PullRequests.Get(ctx, p.owner, p.repo, p.number); err != nil || !pull.GetMerged() || pull.GetState() != "closed" {
		t.Errorf("merged: %v, %v", pull, err)
	}
}

func TestUpdateBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "pull_request.behind")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	behind := func() (int, string) {
		t.Helper()
		pull, _, err := c.PullRequests.Get(ctx, p.owner, p.repo, p.number)
		if err != nil {
			t.Fatal(err)
		}
		sha := pull.GetHead().GetSHA()
		cmp, resp, err := c.Repositories.CompareCommits(ctx, p.owner, p.repo, pull.GetBase().GetRef(), sha, nil)
		status(t, "compare", resp, err, 200)
		return cmp.GetBehindBy(), sha
	}
	n, head := behind()
	if n != 1 {
		t.Fatalf("behind by %d", n)
	}
	update := func(sha string) (*gh.Response, error) {
		_, resp, err := c.PullRequests.UpdateBranch(ctx, p.owner, p.repo, p.number, &gh.PullRequestBranchUpdateOptions{ExpectedHeadSHA: &sha})
		if _, ok := errors.AsType[*gh.AcceptedError](err); ok {
			err = nil
		}
		return resp, err
	}
	resp, err := update(strings.Repeat("a", 40))
	status(t, "another head", resp, err, 422)
	resp, err = update(head)
	status(t, "update", resp, err, 202)
	if n, now := behind(); n != 0 || now == head {
		t.Errorf("behind by %d at %s", n, now)
	}
	_, head = behind()
	resp, err = update(head)
	status(t, "up to date", resp, err, 422)
}
