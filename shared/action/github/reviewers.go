package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

type reviewersArgs struct {
	Reviewers     []string `json:"reviewers"`
	TeamReviewers []string `json:"team_reviewers"`
}

// reviewers asks for reviews. Class A: the requested reviewers are a set. The
// author is left out, since GitHub refuses to ask him.
// https://docs.github.com/rest/pulls/review-requests
type reviewers struct{ kit[reviewersArgs] }

func newReviewers(c Clients) reviewers {
	return reviewers{newKit[reviewersArgs](c, action.Spec{
		Name: "github.pull_request.request_reviewers", Summary: "Ask people or teams to review a pull request",
		Kind: "pull_request", Class: action.ClassA, Reversible: true,
		Args: json.RawMessage(`{"type":"object","additionalProperties":false,"minProperties":1,"properties":{"reviewers":` +
			loginsSchema + `,"team_reviewers":` + loginsSchema + `}}`),
		Permissions: map[string]string{"pull_requests": "write"},
	})}
}

// Key includes AsOf: whom a person took off, a new event may ask again.
func (a reviewers) Key(t action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(canonical(args.Reviewers), canonical(args.TeamReviewers), t.AsOf)
}

func (a reviewers) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	pr, err := j.pull(ctx)
	if err != nil {
		return action.Plan{}, err
	}
	if pr.GetState() != "open" {
		return action.Plan{}, j.conflict("it is closed")
	}
	asked, teams := logins(pr.RequestedReviewers), slugs(pr.RequestedTeams)
	add := reviewersArgs{
		Reviewers:     without(without(j.args.Reviewers, asked), []string{pr.GetUser().GetLogin()}),
		TeamReviewers: without(j.args.TeamReviewers, teams),
	}
	p := action.Plan{State: state(add)}
	if more := slices.Concat(add.Reviewers, add.TeamReviewers); len(more) > 0 {
		before := slices.Concat(asked, teams)
		p.Effects = []action.Effect{{Verb: "request review", Field: "reviewers", Before: list(before), After: list(append(before, more...))}}
	}
	return p, nil
}

func (a reviewers) Apply(ctx context.Context, r action.Request, p action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	var add reviewersArgs
	if err := read(p.State, &add); err != nil {
		return action.Result{}, err
	}
	pr, _, err := j.PullRequests.RequestReviewers(ctx, j.owner, j.repo, j.number, gh.ReviewersRequest{
		Reviewers: add.Reviewers, TeamReviewers: add.TeamReviewers,
	})
	return action.Result{ID: r.Target.ID, URL: pr.GetHTMLURL()}, j.fail(err)
}

func (a reviewers) Verify(ctx context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	p, err := a.Plan(ctx, r)
	return settled(p, err)
}

// Revert takes back what Apply asked for. The request is made by hand, since
// GitHub wants "reviewers" even when it is empty and go-github leaves it out.
func (a reviewers) Revert(ctx context.Context, r action.Request, p action.Plan, _ action.Result) error {
	j, err := a.open(r)
	if err != nil || len(p.Effects) == 0 {
		return err
	}
	added := reviewersArgs{Reviewers: []string{}, TeamReviewers: []string{}}
	if err := read(p.State, &added); err != nil {
		return err
	}
	body := map[string][]string{"reviewers": append([]string{}, added.Reviewers...)}
	if len(added.TeamReviewers) > 0 {
		body["team_reviewers"] = added.TeamReviewers
	}
	req, err := j.NewRequest(http.MethodDelete, fmt.Sprintf("repos/%s/%s/pulls/%d/requested_reviewers", j.owner, j.repo, j.number), body)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	_, err = j.Do(ctx, req, nil)
	return j.fail(err)
}

func slugs(teams []*gh.Team) []string {
	var out []string
	for _, t := range teams {
		out = append(out, t.GetSlug())
	}
	return out
}

// pull reads the pull request.
func (l *job[T]) pull(ctx context.Context) (*gh.PullRequest, error) {
	pr, _, err := l.PullRequests.Get(ctx, l.owner, l.repo, l.number)
	return pr, l.fail(err)
}

// current checks that the pull request is open at the head that the event
// told of, and returns that head.
func (l *job[T]) current(pr *gh.PullRequest) (sha string, err error) {
	sha = pr.GetHead().GetSHA()
	switch {
	case pr.GetState() != "open":
		return "", l.conflict("it is closed")
	case l.target.SHA != "" && !strings.EqualFold(l.target.SHA, sha):
		return "", l.conflict("its head has moved since the event")
	}
	return sha, nil
}
