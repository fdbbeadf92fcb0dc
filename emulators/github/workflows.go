package github

import (
	"net/http"
	"path"
	"slices"
)

var workflowRoutes = []route{
	{pattern: at("GET", "/actions/workflows"), needs: "actions:read", do: func(c *call) answer { return counted(c, "workflows", c.list(c.in("workflows"))) }},
	{pattern: at("GET", "/actions/workflows/{workflow}"), needs: "actions:read", do: getWorkflow},
	{pattern: at("GET", "/actions/workflows/{workflow}/runs"), needs: "actions:read", do: workflowRuns},
	{pattern: at("POST", "/actions/workflows/{workflow}/dispatches"), needs: "actions:write", do: dispatch},
}

// workflow looks up the path's workflow, by its id or its file's name.
func (c *call) workflow() object {
	name := c.r.PathValue("workflow")
	list := c.list(c.in("workflows"))
	i := slices.IndexFunc(list, func(w object) bool { return name == key(number(w["id"])) || name == path.Base(text(w["path"])) })
	if i < 0 {
		return nil
	}
	return list[i]
}

func getWorkflow(c *call) answer {
	if w := c.workflow(); w != nil {
		return ok(w)
	}
	return notFound()
}

func workflowRuns(c *call) answer {
	w := c.workflow()
	if w == nil {
		return notFound()
	}
	return c.listRuns(number(w["id"]))
}

// dispatch starts a run and does not say which, as GitHub.
// https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
func dispatch(c *call) answer {
	w := c.workflow()
	if w == nil {
		return notFound()
	}
	ref := text(c.body["ref"])
	head := c.resolve(ref)
	switch {
	case head == "":
		return refuse(http.StatusUnprocessableEntity, "No ref found for: "+ref)
	case w["state"] != "active":
		return refuse(http.StatusUnprocessableEntity, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
	case len(sub(c.body, "inputs")) > 25:
		return refuse(http.StatusUnprocessableEntity, "you may only define up to 25 `inputs` for a `workflow_dispatch` event")
	}
	recorded, err := template("workflow_run", "requested")
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	id, n := c.next(), int64(len(c.list(c.in("runs"))))+1
	repo := c.repo
	run := with(with(recorded, c.runURLs(id, number(w["id"]))), object{
		"id": id, "node_id": key("WFR_", id), "name": w["name"], "path": w["path"], "workflow_id": w["id"],
		"event": "workflow_dispatch", "head_branch": ref, "head_sha": head, "status": "queued", "conclusion": nil,
		"run_number": n, "run_attempt": 1, "previous_attempt_url": nil, "pull_requests": []any{},
		"created_at": c.stamp(), "updated_at": c.stamp(), "run_started_at": c.stamp(),
		"repository": repo, "head_repository": repo, "actor": c.bot(), "triggering_actor": c.bot(), "display_title": w["name"],
	})
	c.put(c.in("runs"), id, run)
	c.job(run, "queued", nil)
	return answer{status: http.StatusNoContent, resource: text(run["url"])}
}

// runURLs are the addresses of a run.
func (c *call) runURLs(id, workflow int64) object {
	api := c.api("actions/runs", id)
	return object{
		"url": api, "html_url": c.html("actions/runs", id), "jobs_url": api + "/jobs", "logs_url": api + "/logs",
		"artifacts_url": api + "/artifacts", "cancel_url": api + "/cancel", "rerun_url": api + "/rerun",
		"workflow_url": c.api("actions/workflows", workflow),
	}
}
