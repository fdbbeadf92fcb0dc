package github

import (
	"context"
	"encoding/json"
	"strconv"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type commentArgs struct {
	Body string `json:"body"`
}

// comment writes a comment. Class B: GitHub takes the same comment twice, so
// each carries a hidden marker that a probe finds.
// https://docs.github.com/rest/issues/comments
type comment struct{ kit[commentArgs] }

func newIssueComment(c Clients) comment {
	return newComment(c, "issue", "Comment on an issue", map[string]string{"issues": "write"})
}

func newPullRequestComment(c Clients) comment {
	return newComment(c, "pull_request", "Comment on a pull request", map[string]string{"pull_requests": "write"})
}

func newComment(c Clients, kind, summary string, permissions map[string]string) comment {
	return comment{newKit[commentArgs](c, action.Spec{
		Name: "github." + kind + ".comment", Summary: summary, Kind: kind, Class: action.ClassB, Reversible: true,
		Args:        json.RawMessage(`{"type":"object","additionalProperties":false,"required":["body"],"properties":{"body":` + bodySchema + `}}`),
		Permissions: permissions,
	})}
}

// Key is the body: nobody wants to read the same twice.
func (a comment) Key(_ action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(args.Body)
}

func (a comment) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	_, found, err := a.Probe(ctx, r)
	if err != nil || found {
		return action.Plan{}, err
	}
	args, err := a.args(r.Args)
	return action.Plan{Effects: []action.Effect{{Verb: "comment", After: args.Body}}}, err
}

func (a comment) Apply(ctx context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	made, _, err := j.Issues.CreateComment(ctx, j.owner, j.repo, j.number, &gh.IssueComment{Body: gh.String(marked(r, j.args.Body))})
	if err != nil {
		return action.Result{}, j.fail(err)
	}
	return commented(made), nil
}

// Probe looks through the comments since the intent for one of ours that
// carries the marker.
func (a comment) Probe(ctx context.Context, r action.Request) (action.Result, bool, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, false, err
	}
	bot, err := a.clients.Bot(ctx)
	if err != nil {
		return action.Result{}, false, err
	}
	opts := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 100}}
	if !r.Since.IsZero() {
		since := r.Since.Add(-skew)
		opts.Since = &since
	}
	for {
		comments, resp, err := j.Issues.ListComments(ctx, j.owner, j.repo, j.number, opts)
		if err != nil {
			return action.Result{}, false, j.fail(err)
		}
		for _, c := range comments {
			if ours(r, bot, c.GetUser().GetLogin(), c.GetBody()) {
				return commented(c), true, nil
			}
		}
		if resp.NextPage == 0 {
			return action.Result{}, false, nil
		}
		opts.Page = resp.NextPage
	}
}

// Verify reads the comment that was made.
func (a comment) Verify(ctx context.Context, r action.Request, res action.Result) (action.Outcome, error) {
	j, id, err := a.made(r, res)
	if err != nil {
		return action.Unknown, err
	}
	c, _, err := j.Issues.GetComment(ctx, j.owner, j.repo, id)
	err = j.fail(err)
	switch {
	case fault.Is(err, fault.NotFound):
		return action.Failed, nil
	case err != nil:
		return action.Unknown, err
	case c.GetBody() != marked(r, j.args.Body):
		return action.Failed, nil
	}
	return action.Worked, nil
}

// Revert deletes the comment.
func (a comment) Revert(ctx context.Context, r action.Request, _ action.Plan, res action.Result) error {
	j, id, err := a.made(r, res)
	if err != nil {
		return err
	}
	_, err = j.Issues.DeleteComment(ctx, j.owner, j.repo, id)
	return gone(j.fail(err))
}

func commented(c *gh.IssueComment) action.Result {
	return action.Result{ID: strconv.FormatInt(c.GetID(), 10), URL: c.GetHTMLURL()}
}

// made opens r and the id of what it made.
func (k kit[T]) made(r action.Request, res action.Result) (job[T], int64, error) {
	j, err := k.open(r)
	if err != nil {
		return j, 0, err
	}
	id, err := strconv.ParseInt(res.ID, 10, 64)
	if err != nil {
		return j, 0, fault.New(fault.NotFound, "%s: there is no result to look at", j.target)
	}
	return j, id, nil
}
