package github_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

func TestApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "issues.opened")
	c, ctx := w.app(t), t.Context()
	app, resp, err := c.Apps.Get(ctx, "")
	status(t, "app", resp, err, 200)
	if app.GetSlug() != "infinity-matrix" || app.GetID() != appID {
		t.Errorf("app: %v", app)
	}
	found, resp, err := c.Apps.FindRepositoryInstallation(ctx, p.owner, p.repo)
	status(t, "installation", resp, err, 200)
	if found.GetID() != p.installation {
		t.Errorf("installation %d, want %d", found.GetID(), p.installation)
	}
	token, resp, err := c.Apps.CreateInstallationToken(ctx, p.installation, &gh.InstallationTokenOptions{
		RepositoryIDs: []int64{p.id}, Permissions: &gh.InstallationPermissions{Issues: gh.String("write")},
	})
	status(t, "token", resp, err, 201)
	if len(token.Repositories) != 1 || token.Repositories[0].GetID() != p.id || token.Repositories[0].GetFullName() != p.owner+"/"+p.repo {
		t.Errorf("repositories: %v", token.Repositories)
	}
	_, resp, err = c.Apps.CreateInstallationToken(ctx, p.installation, &gh.InstallationTokenOptions{RepositoryIDs: []int64{1}})
	status(t, "token for another repository", resp, err, 422)
	_, resp, err = c.Apps.CreateInstallationToken(ctx, p.installation, &gh.InstallationTokenOptions{
		Permissions: &gh.InstallationPermissions{Members: gh.String("write")},
	})
	status(t, "token with more", resp, err, 422)
	_, resp, err = c.Apps.CreateInstallationToken(ctx, 12345, &gh.InstallationTokenOptions{})
	status(t, "token of nobody", resp, err, 404)
	if err := w.Change(github.Change{Kind: "installations", ID: p.installation, Fields: map[string]any{"suspended_at": "2026-01-01T00:00:00Z"}}); err != nil {
		t.Fatal(err)
	}
	_, resp, err = c.Apps.CreateInstallationToken(ctx, p.installation, &gh.InstallationTokenOptions{})
	status(t, "token while suspended", resp, err, 403)
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p, ctx := w.at(t, "issues.opened"), t.Context()
	reader := w.as(t, p.installation, &gh.InstallationPermissions{Issues: gh.String("read")})
	_, resp, err := reader.Issues.Get(ctx, p.owner, p.repo, p.number)
	status(t, "read", resp, err, 200)
	_, resp, err = reader.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String("x")})
	status(t, "write", resp, err, 403)
	pull := w.at(t, "pull_request.opened")
	writer := w.as(t, p.installation, &gh.InstallationPermissions{Issues: gh.String("write")})
	_, resp, err = writer.Issues.CreateComment(ctx, pull.owner, pull.repo, pull.number, &gh.IssueComment{Body: gh.String("x")})
	status(t, "write to a pull request", resp, err, 403)
	_, resp, err = reader.Issues.Get(ctx, "no", "body", 1)
	status(t, "another repository", resp, err, 404)
	_, resp, err = w.client(t, http.DefaultTransport).Repositories.Get(ctx, p.owner, p.repo)
	status(t, "nobody", resp, err, 401)
	_, resp, err = w.client(t, http.DefaultTransport).WithAuthToken("ghs_none").Repositories.Get(ctx, p.owner, p.repo)
	status(t, "a bad token", resp, err, 401)
	_, resp, err = w.app(t).Repositories.Get(ctx, p.owner, p.repo)
	status(t, "the App itself", resp, err, 401)
	level, resp, err := reader.Repositories.GetPermissionLevel(ctx, p.owner, p.repo, "octocat")
	status(t, "permission", resp, err, 200)
	if level.GetPermission() != "write" {
		t.Errorf("permission %s", level.GetPermission())
	}
	_, resp, err = reader.Users.Get(ctx, "octocat")
	status(t, "user", resp, err, 200)
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p, ctx := w.at(t, "issues.opened"), t.Context()
	token, _, err := w.app(t).Apps.CreateInstallationToken(ctx, p.installation, &gh.InstallationTokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := w.client(t, http.DefaultTransport).WithAuthToken(token.GetToken())
	w.clock.Advance(time.Hour - time.Second)
	_, resp, err := c.Repositories.Get(ctx, p.owner, p.repo)
	status(t, "within the hour", resp, err, 200)
	w.clock.Advance(time.Second)
	_, resp, err = c.Repositories.Get(ctx, p.owner, p.repo)
	status(t, "after the hour", resp, err, 401)
	_, resp, err = w.app(t).Apps.Get(ctx, "")
	status(t, "a JWT of an hour ago", resp, err, 401)
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.hook.status = http.StatusServiceUnavailable
	p, ctx := w.at(t, "issues.opened"), t.Context()
	c := w.as(t, p.installation, nil)
	hooks, resp, err := c.Repositories.ListHooks(ctx, p.owner, p.repo, nil)
	status(t, "hooks", resp, err, 200)
	failed, resp, err := c.Repositories.ListHookDeliveries(ctx, p.owner, p.repo, hooks[0].GetID(), nil)
	status(t, "deliveries", resp, err, 200)
	if len(failed) != 1 || failed[0].GetStatusCode() != 503 {
		t.Fatalf("deliveries: %v", failed)
	}
	_, resp, err = c.Repositories.GetHookDelivery(ctx, p.owner, p.repo, hooks[0].GetID(), failed[0].GetID())
	status(t, "delivery", resp, err, 200)
	first, body := w.hook.last()
	w.hook.mu.Lock()
	w.hook.status = http.StatusAccepted
	w.hook.mu.Unlock()
	_, _, err = w.app(t).Apps.RedeliverHookDelivery(ctx, failed[0].GetID())
	if _, accepted := errors.AsType[*gh.AcceptedError](err); err != nil && !accepted {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil { // waits for it
		t.Fatal(err)
	}
	again, same := w.hook.last()
	if again == first || again.Header.Get("X-Github-Delivery") != first.Header.Get("X-Github-Delivery") || string(same) != string(body) {
		t.Error("the redelivery is not the delivery again")
	}
	all, resp, err := w.app(t).Apps.ListHookDeliveries(ctx, nil)
	status(t, "the App's deliveries", resp, err, 200)
	if len(all) != 2 || !all[0].GetRedelivery() {
		t.Errorf("deliveries: %v", all)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	use := func(c *github.Config) { c.Journal = path }
	w := newWorld(t, use)
	p, ctx := w.at(t, "issues.opened"), t.Context()
	comment := func(c *gh.Client, body string) {
		t.Helper()
		_, resp, err := c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: &body})
		status(t, "comment", resp, err, 201)
	}
	comment(w.as(t, p.installation, nil), "<!-- infinity:one -->")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"effect":{"key":"half`); err != nil { // as a kill leaves it
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // nothing was closed in between: as after a kill
		next := newWorld(t, use)
		if e := next.Effects(); len(e) != 1 || e[0].Key != "one" {
			t.Fatalf("effects: %+v", e)
		}
		list, resp, err := next.as(t, p.installation, nil).Issues.ListComments(ctx, p.owner, p.repo, p.number, nil)
		status(t, "list", resp, err, 200)
		if len(list) != 1 {
			t.Errorf("%d comments", len(list))
		}
	}
	if err := os.WriteFile(path, []byte("nonsense\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := github.New(github.Config{AppID: 1, AppKey: &appKey().PublicKey, Journal: path}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a broken journal: %v", err)
	}
}
