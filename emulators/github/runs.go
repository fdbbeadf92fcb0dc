package github

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var runRoutes = []route{
	{pattern: at("GET", "/actions/runs"), needs: "actions:read", do: func(c *call) answer { return c.listRuns(0) }},
	{pattern: at("GET", "/actions/runs/{run}"), needs: "actions:read", do: getRun},
	{pattern: at("GET", "/actions/runs/{run}/jobs"), needs: "actions:read", do: listJobs},
	{pattern: at("POST", "/actions/runs/{run}/rerun-failed-jobs"), needs: "actions:write", do: rerunFailed},
}

func (c *call) run1() object { return c.get(c.in("runs"), c.r.PathValue("run")) }

func getRun(c *call) answer {
	if run := c.run1(); run != nil {
		return ok(run)
	}
	return notFound()
}

// listRuns lists newest first, of one workflow if it is not 0.
func (c *call) listRuns(workflow int64) answer {
	q := c.r.URL.Query()
	list := []object{}
	for _, run := range slices.Backward(c.list(c.in("runs"))) {
		if workflow != 0 && number(run["workflow_id"]) != workflow {
			continue
		}
		state := q.Get("status")
		if (state != "" && state != run["status"] && state != run["conclusion"]) ||
			(q.Get("event") != "" && q.Get("event") != run["event"]) ||
			(q.Get("branch") != "" && q.Get("branch") != run["head_branch"]) ||
			(q.Get("head_sha") != "" && q.Get("head_sha") != run["head_sha"]) ||
			!createdWithin(text(run["created_at"]), q.Get("created")) {
			continue
		}
		list = append(list, run)
	}
	return counted(c, "workflow_runs", list)
}

// createdWithin knows the forms >=T, <=T, >T, <T and A..B of a search range.
func createdWithin(at, span string) bool {
	if from, to, isRange := strings.Cut(span, ".."); isRange {
		return createdWithin(at, ">="+from) && createdWithin(at, "<="+to)
	}
	op := span[:len(span)-len(strings.TrimLeft(span, "<>="))]
	limit, err := time.Parse(time.RFC3339, span[len(op):])
	t, bad := time.Parse(time.RFC3339, at)
	if err != nil || bad != nil {
		return true
	}
	switch op {
	case ">=":
		return !t.Before(limit)
	case "<=":
		return !t.After(limit)
	case ">":
		return t.After(limit)
	case "<":
		return t.Before(limit)
	}
	return t.Equal(limit)
}

func listJobs(c *call) answer {
	run := c.run1()
	if run == nil {
		return notFound()
	}
	jobs := []object{}
	for _, j := range c.list(c.in("jobs", number(run["id"]))) {
		if c.r.URL.Query().Get("filter") == "all" || number(j["run_attempt"]) == number(run["run_attempt"]) {
			jobs = append(jobs, j)
		}
	}
	return counted(c, "jobs", jobs)
}

// rerunFailed starts the next attempt, or refuses as GitHub does.
// https://docs.github.com/rest/actions/workflow-runs#re-run-failed-jobs-from-a-workflow-run
func rerunFailed(c *call) answer {
	run := c.run1()
	switch {
	case run == nil:
		return notFound()
	case run["status"] != "completed":
		return refuse(http.StatusForbidden, "This workflow is already running")
	case !slices.Contains([]string{"failure", "timed_out", "cancelled", "startup_failure"}, text(run["conclusion"])):
		return refuse(http.StatusForbidden, "This workflow run cannot be retried")
	case before(run["created_at"], c.now.AddDate(0, 0, -30)):
		return refuse(http.StatusForbidden, "Unable to retry this workflow run because it was created over a month ago")
	}
	attempt := number(run["run_attempt"]) + 1
	run = with(run, object{
		"run_attempt": attempt, "status": "queued", "conclusion": nil, "updated_at": c.stamp(), "run_started_at": c.stamp(),
		"previous_attempt_url": text(run["url"]) + "/attempts/" + key(attempt-1),
	})
	c.put(c.in("runs"), number(run["id"]), run)
	c.job(run, "queued", nil)
	return answer{status: http.StatusCreated, body: object{}, resource: urlOf(run)}
}

// job stores one job of the run's attempt.
func (c *call) job(run object, status string, conclusion any) {
	id, runID := c.next(), number(run["id"])
	var done any
	if status == "completed" {
		done = c.stamp()
	}
	c.put(c.in("jobs", runID), id, object{
		"id": id, "node_id": key("CR_", id), "run_id": runID, "run_url": run["url"], "run_attempt": run["run_attempt"],
		"head_sha": run["head_sha"], "head_branch": run["head_branch"], "workflow_name": run["name"], "name": "build",
		"url": c.api("actions/jobs", id), "html_url": c.html("actions/runs", runID, "job", id), "check_run_url": c.api("check-runs", id),
		"status": status, "conclusion": conclusion, "created_at": c.stamp(), "started_at": c.stamp(), "completed_at": done,
		"labels": []any{"ubuntu-latest"}, "steps": []any{},
		"runner_id": nil, "runner_name": nil, "runner_group_id": nil, "runner_group_name": nil,
	})
}
