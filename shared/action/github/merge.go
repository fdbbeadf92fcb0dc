package github

import (
	"context"
	"encoding/json"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

type mergeArgs struct {
	Method string `json:"method"`
}

// merge merges a pull request. Class A: GitHub merges only if the head is
// still the SHA of the plan, and nothing is merged twice.
// https://docs.github.com/rest/pulls/pulls#merge-a-pull-request
type merge struct{ kit[mergeArgs] }

func newMerge(c Clients) merge {
	return merge{newKit[mergeArgs](c, action.Spec{
		Name: "github.pull_request.merge", Summary: "Merge a pull request at the head that was seen",
		Kind: "pull_request", Class: action.ClassA,
		Args:        json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"method":{"enum":["merge","squash","rebase"],"default":"merge"}}}`),
		Permissions: map[string]string{"contents": "write", "pull_requests": "read"},
	})}
}

// Key is the head: one head is merged once, by whatever method.
func (a merge) Key(t action.Target, raw json.RawMessage) (string, error) {
	if _, err := a.args(raw); err != nil {
		return "", err
	}
	return headKey("merged", t)
}

// headKey names an effect on a head, or on an occasion if the event names none.
func headKey(what string, t action.Target) (string, error) {
	if t.SHA == "" {
		return key(what, "as_of", t.AsOf)
	}
	return key(what, "sha", t.SHA)
}

func (a merge) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	pr, err := j.pull(ctx)
	if err != nil || pr.GetMerged() {
		return action.Plan{}, err
	}
	sha, err := j.current(pr)
	if err != nil {
		return action.Plan{}, err
	}
	if pr.GetDraft() {
		return action.Plan{}, j.conflict("it is a draft")
	}
	if pr.Mergeable != nil && !pr.GetMergeable() {
		return action.Plan{}, j.conflict("it has conflicts with its base")
	}
	return action.Plan{
		Effects:       []action.Effect{{Verb: j.args.method(), Field: "state", Before: "open at " + sha, After: "merged into " + pr.GetBase().GetRef()}},
		Preconditions: map[string]string{"sha": sha},
	}, nil
}

func (a merge) Apply(ctx context.Context, r action.Request, p action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	opts := &gh.PullRequestOptions{SHA: p.Preconditions["sha"], MergeMethod: j.args.method()}
	if opts.SHA == "" {
		return action.Result{}, j.conflict("the plan names no head to merge")
	}
	made, _, err := j.PullRequests.Merge(ctx, j.owner, j.repo, j.number, "", opts)
	return action.Result{ID: made.GetSHA()}, j.fail(err)
}

func (a merge) Verify(ctx context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Unknown, err
	}
	pr, err := j.pull(ctx)
	switch {
	case err != nil:
		return action.Unknown, err
	case pr.GetMerged():
		return action.Worked, nil
	}
	return action.Failed, nil
}

func (a mergeArgs) method() string {
	if a.Method == "" {
		return "merge"
	}
	return a.Method
}
