package github_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	eventgithub "github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
)

// TestEcho makes each kind of change as a client; GitHub tells of it with the
// App's bot as sender, in the shape that the receiver asks for.
func TestEcho(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		on   string
		do   func(ctx context.Context, c *gh.Client, p place) error
		want []string
	}{
		"label": {"issues.opened", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.Issues.AddLabelsToIssue(ctx, p.owner, p.repo, p.number, []string{"fresh", "new"})
			return err
		}, []string{"com.github.issues.labeled", "com.github.issues.labeled"}},
		"nothing": {"issues.opened", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.Issues.Edit(ctx, p.owner, p.repo, p.number, &gh.IssueRequest{State: gh.String("open")})
			return err
		}, nil},
		"close": {"issues.opened", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.Issues.Edit(ctx, p.owner, p.repo, p.number, &gh.IssueRequest{State: gh.String("closed")})
			return err
		}, []string{"com.github.issues.closed"}},
		"comment": {"issues.opened", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String("Hello")})
			return err
		}, []string{"com.github.issue_comment.created"}},
		"label a pull request": {"pull_request.opened", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.Issues.AddLabelsToIssue(ctx, p.owner, p.repo, p.number, []string{"fresh"})
			return err
		}, []string{"com.github.pull_request.labeled"}},
		"merge": {"pull_request.opened", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.PullRequests.Merge(ctx, p.owner, p.repo, p.number, "", nil)
			return err
		}, []string{"com.github.pull_request.closed", "com.github.push"}},
		"update a branch": {"pull_request.behind", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.PullRequests.UpdateBranch(ctx, p.owner, p.repo, p.number, nil)
			if _, accepted := err.(*gh.AcceptedError); accepted { //nolint:errorlint // returned as it is
				return nil
			}
			return err
		}, []string{"com.github.pull_request.synchronize", "com.github.push"}},
		"check": {"check_run.completed", func(ctx context.Context, c *gh.Client, p place) error {
			_, _, err := c.Checks.CreateCheckRun(ctx, p.owner, p.repo, gh.CreateCheckRunOptions{Name: "x", HeadSHA: p.sha, Conclusion: gh.String("failure")})
			return err
		}, []string{"com.github.check_run.completed"}},
		"rerun": {"workflow_run.failed", func(ctx context.Context, c *gh.Client, p place) error {
			_, err := c.Actions.RerunFailedJobsByID(ctx, p.owner, p.repo, p.run)
			return err
		}, []string{"com.github.workflow_run.requested"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *github.Config) { c.Echo = true })
			p := w.at(t, c.on)
			if err := c.do(t.Context(), w.as(t, p.installation, nil), p); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil { // waits for what is on its way
				t.Fatal(err)
			}
			var got []string
			for i, r := range w.hook.got[1:] {
				hook, err := eventgithub.Parse(r.Header.Get("X-Github-Event"), w.hook.bodies[i+1])
				if err != nil {
					t.Errorf("%s: %v", r.Header.Get("X-Github-Event"), err)
				}
				if hook.Sender != "infinity-matrix[bot]" || hook.RepositoryID != p.id || hook.InstallationID != p.installation {
					t.Errorf("%s by %s on %d of %d", hook.Type(), hook.Sender, hook.RepositoryID, hook.InstallationID)
				}
				got = append(got, hook.Type())
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}
