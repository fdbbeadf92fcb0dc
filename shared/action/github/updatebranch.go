package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type nothing struct{}

// updateBranch merges the base into a pull request's branch. Class A: GitHub
// does so only if the head is still the SHA of the plan.
// https://docs.github.com/rest/pulls/pulls#update-a-pull-request-branch
type updateBranch struct{ kit[nothing] }

func newUpdateBranch(c Clients) updateBranch {
	return updateBranch{newKit[nothing](c, action.Spec{
		Name: "github.pull_request.update_branch", Summary: "Bring a pull request's branch up to date with its base",
		Kind: "pull_request", Class: action.ClassA, Settle: 2 * time.Second, Args: json.RawMessage(noArgs), // GitHub works on it
		Permissions: map[string]string{"contents": "write", "pull_requests": "write"},
	})}
}

// Key is the head that is to be brought up to date.
func (a updateBranch) Key(t action.Target, raw json.RawMessage) (string, error) {
	if _, err := a.args(raw); err != nil {
		return "", err
	}
	return headKey("updated", t)
}

func (a updateBranch) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	pr, err := j.pull(ctx)
	if err != nil {
		return action.Plan{}, err
	}
	behind, err := j.behind(ctx, pr)
	if err != nil || behind == 0 || pr.GetMerged() {
		return action.Plan{}, err // whoever moved the head: it is up to date
	}
	sha, err := j.current(pr)
	if err != nil {
		return action.Plan{}, err
	}
	return action.Plan{
		Effects: []action.Effect{{
			Verb: "update branch", Field: "head", Before: fmt.Sprintf("%d commits behind %s", behind, pr.GetBase().GetRef()), After: "up to date",
		}},
		Preconditions: map[string]string{"expected_head_sha": sha},
	}, nil
}

// behind counts the base's commits that the head lacks.
func (l *job[T]) behind(ctx context.Context, pr *gh.PullRequest) (int, error) {
	c, _, err := l.Repositories.CompareCommits(ctx, l.owner, l.repo, pr.GetBase().GetRef(), pr.GetHead().GetSHA(), &gh.ListOptions{PerPage: 1})
	return c.GetBehindBy(), l.fail(err)
}

// headWas is the head before the update.
type headWas struct {
	SHA string `json:"sha"`
}

func (a updateBranch) Apply(ctx context.Context, r action.Request, p action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	sha := p.Preconditions["expected_head_sha"]
	if sha == "" {
		return action.Result{}, j.conflict("the plan names no head to update")
	}
	made, _, err := j.PullRequests.UpdateBranch(ctx, j.owner, j.repo, j.number, &gh.PullRequestBranchUpdateOptions{ExpectedHeadSHA: &sha})
	if _, ok := errors.AsType[*gh.AcceptedError](err); ok { // 202: GitHub does it in the background
		err = nil
	}
	return action.Result{ID: r.Target.ID, URL: made.GetURL(), State: state(headWas{sha})}, j.fail(err)
}

// Verify waits, by way of a retry, while GitHub still works on it.
func (a updateBranch) Verify(ctx context.Context, r action.Request, res action.Result) (action.Outcome, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Unknown, err
	}
	var was headWas
	if err := read(res.State, &was); err != nil {
		return action.Unknown, err
	}
	pr, err := j.pull(ctx)
	if err != nil {
		return action.Unknown, err
	}
	behind, err := j.behind(ctx, pr)
	switch {
	case err != nil:
		return action.Unknown, err
	case behind == 0:
		return action.Worked, nil
	case pr.GetHead().GetSHA() != was.SHA:
		return action.Unknown, nil // both branches went on: nobody can tell
	case was.SHA != "" && pr.GetState() == "open":
		return action.Failed, fault.New(fault.Unavailable, "GitHub has not updated the branch yet")
	}
	return action.Failed, nil
}
