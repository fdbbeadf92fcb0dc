package github_test

import (
	"path"
	"testing"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

func TestRerun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "workflow_run.failed")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	run, resp, err := c.Actions.GetWorkflowRunByID(ctx, p.owner, p.repo, p.run)
	status(t, "get", resp, err, 200)
	attempt := run.GetRunAttempt()
	resp, err = c.Actions.RerunFailedJobsByID(ctx, p.owner, p.repo, p.run)
	status(t, "rerun", resp, err, 201)
	run, _, err = c.Actions.GetWorkflowRunByID(ctx, p.owner, p.repo, p.run)
	if err != nil || run.GetRunAttempt() != attempt+1 || run.GetStatus() != "queued" || run.Conclusion != nil {
		t.Errorf("rerun: %v, %v", run, err)
	}
	resp, err = c.Actions.RerunFailedJobsByID(ctx, p.owner, p.repo, p.run)
	status(t, "rerun while it runs", resp, err, 403)
	jobs, resp, err := c.Actions.ListWorkflowJobs(ctx, p.owner, p.repo, p.run, &gh.ListWorkflowJobsOptions{Filter: "all"})
	status(t, "jobs", resp, err, 200)
	if jobs.GetTotalCount() != 2 {
		t.Errorf("%d jobs", jobs.GetTotalCount())
	}
	set := func(fields map[string]any) {
		t.Helper()
		if err := w.Change(github.Change{Kind: "runs", Repository: p.owner + "/" + p.repo, ID: p.run, Fields: fields}); err != nil {
			t.Fatal(err)
		}
	}
	set(map[string]any{"status": "completed", "conclusion": "success"})
	resp, err = c.Actions.RerunFailedJobsByID(ctx, p.owner, p.repo, p.run)
	status(t, "nothing failed", resp, err, 403)
	set(map[string]any{"conclusion": "failure", "created_at": w.clock.Now().AddDate(0, 0, -31).Format(time.RFC3339)})
	resp, err = c.Actions.RerunFailedJobsByID(ctx, p.owner, p.repo, p.run)
	status(t, "too old", resp, err, 403)
	resp, err = c.Actions.RerunFailedJobsByID(ctx, p.owner, p.repo, 1)
	status(t, "none", resp, err, 404)
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "workflow_run.completed")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	flows, resp, err := c.Actions.ListWorkflows(ctx, p.owner, p.repo, nil)
	status(t, "workflows", resp, err, 200)
	file := path.Base(flows.Workflows[0].GetPath())
	_, resp, err = c.Actions.GetWorkflowByFileName(ctx, p.owner, p.repo, file)
	status(t, "workflow", resp, err, 200)
	repo, resp, err := c.Repositories.Get(ctx, p.owner, p.repo)
	status(t, "repository", resp, err, 200)
	w.clock.Advance(time.Second)
	resp, err = c.Actions.CreateWorkflowDispatchEventByFileName(ctx, p.owner, p.repo, file, gh.CreateWorkflowDispatchEventRequest{
		Ref: repo.GetDefaultBranch(), Inputs: map[string]any{"a": "b"},
	})
	status(t, "dispatch", resp, err, 204)
	at, err := time.Parse(time.RFC1123, resp.Header.Get("Date"))
	if err != nil {
		t.Fatal(err)
	}
	runs, resp, err := c.Actions.ListWorkflowRunsByFileName(ctx, p.owner, p.repo, file, &gh.ListWorkflowRunsOptions{
		Event: "workflow_dispatch", Created: ">=" + at.Format(time.RFC3339),
	})
	status(t, "runs", resp, err, 200)
	if runs.GetTotalCount() != 1 {
		t.Errorf("%d runs", runs.GetTotalCount())
	}
	all, resp, err := c.Actions.ListRepositoryWorkflowRuns(ctx, p.owner, p.repo, nil)
	status(t, "all runs", resp, err, 200)
	if all.GetTotalCount() != 2 {
		t.Errorf("%d runs in all", all.GetTotalCount())
	}
	resp, err = c.Actions.CreateWorkflowDispatchEventByFileName(ctx, p.owner, p.repo, file, gh.CreateWorkflowDispatchEventRequest{Ref: "nowhere"})
	status(t, "no such ref", resp, err, 422)
	_, resp, err = c.Actions.GetWorkflowByFileName(ctx, p.owner, p.repo, "none.yml")
	status(t, "no such workflow", resp, err, 404)
}

func TestCheckRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := w.at(t, "check_run.failed")
	c, ctx := w.as(t, p.installation, nil), t.Context()
	create := func(sha string) (*gh.CheckRun, *gh.Response, error) {
		return c.Checks.CreateCheckRun(ctx, p.owner, p.repo, gh.CreateCheckRunOptions{
			Name: "gate", HeadSHA: sha, ExternalID: gh.String("key-1"), Status: gh.String("completed"), Conclusion: gh.String("success"),
			Output: &gh.CheckRunOutput{Title: gh.String("T"), Summary: gh.String("S")},
		})
	}
	made, resp, err := create(p.sha)
	status(t, "create", resp, err, 201)
	if made.GetApp().GetSlug() != "infinity-matrix" || w.Effects()[0].Key != "key-1" {
		t.Errorf("made %v, effects %v", made, w.Effects())
	}
	_, resp, err = create("0123456789012345678901234567890123456789")
	status(t, "no such commit", resp, err, 422)
	_, resp, err = c.Checks.GetCheckRun(ctx, p.owner, p.repo, made.GetID())
	status(t, "get", resp, err, 200)
	made, resp, err = c.Checks.UpdateCheckRun(ctx, p.owner, p.repo, made.GetID(), gh.UpdateCheckRunOptions{Name: "gate", Conclusion: gh.String("failure")})
	status(t, "update", resp, err, 200)
	if made.GetConclusion() != "failure" {
		t.Errorf("conclusion %s", made.GetConclusion())
	}
	_, _, err = create(p.sha)
	if err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[string]int{"all": 2, "latest": 1} {
		list, resp, err := c.Checks.ListCheckRunsForRef(ctx, p.owner, p.repo, p.sha, &gh.ListCheckRunsOptions{CheckName: gh.String("gate"), Filter: &filter})
		status(t, "list", resp, err, 200)
		if list.GetTotal() != want {
			t.Errorf("%s: %d check runs, want %d", filter, list.GetTotal(), want)
		}
	}
}
