package github

import (
	"context"
	"encoding/json"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type closeArgs struct {
	Reason string `json:"reason"`
}

// closeIssue closes an issue. Class A: closing a closed issue changes nothing.
// https://docs.github.com/rest/issues/issues#update-an-issue
type closeIssue struct{ kit[closeArgs] }

func newClose(c Clients) closeIssue {
	return closeIssue{newKit[closeArgs](c, action.Spec{
		Name: "github.issue.close", Summary: "Close an issue as completed or not planned",
		Kind: "issue", Class: action.ClassA, Reversible: true, Removes: true,
		Args:        json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"reason":{"enum":["completed","not_planned"],"default":"completed"}}}`),
		Permissions: map[string]string{"issues": "write"},
	})}
}

// Key includes AsOf: what a person reopened, a new event may close again. The
// reason is no part of it: an issue is closed once.
func (a closeIssue) Key(t action.Target, raw json.RawMessage) (string, error) {
	if _, err := a.args(raw); err != nil {
		return "", err
	}
	return key("closed", t.AsOf)
}

func (a closeIssue) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	issue, _, err := j.Issues.Get(ctx, j.owner, j.repo, j.number)
	if err != nil {
		return action.Plan{}, j.fail(err)
	}
	if issue.IsPullRequest() {
		return action.Plan{}, fault.New(fault.Invalid, "%s is a pull request; github.issue.close closes issues only", j.target)
	}
	if issue.GetState() == "closed" {
		return action.Plan{}, nil
	}
	return action.Plan{Effects: []action.Effect{{Verb: "close", Field: "state", Before: "open", After: "closed: " + j.args.reason()}}}, nil
}

func (a closeIssue) Apply(ctx context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	want := &gh.IssueRequest{State: gh.String("closed"), StateReason: gh.String(j.args.reason())}
	issue, _, err := j.Issues.Edit(ctx, j.owner, j.repo, j.number, want)
	return action.Result{ID: r.Target.ID, URL: issue.GetHTMLURL()}, j.fail(err)
}

func (a closeIssue) Verify(ctx context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	p, err := a.Plan(ctx, r)
	return settled(p, err)
}

// Revert reopens what Apply closed.
func (a closeIssue) Revert(ctx context.Context, r action.Request, p action.Plan, _ action.Result) error {
	j, err := a.open(r)
	if err != nil || len(p.Effects) == 0 {
		return err
	}
	want := &gh.IssueRequest{State: gh.String("open"), StateReason: gh.String("reopened")}
	_, _, err = j.Issues.Edit(ctx, j.owner, j.repo, j.number, want)
	return j.fail(err)
}

func (a closeArgs) reason() string {
	if a.Reason == "" {
		return "completed"
	}
	return a.Reason
}
