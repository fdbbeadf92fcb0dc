package github

import (
	"net/http"
	"slices"
)

var checkRoutes = []route{
	{pattern: at("POST", "/check-runs"), needs: "checks:write", do: createCheck},
	{pattern: at("GET", "/check-runs/{check}"), needs: "checks:read", do: getCheck},
	{pattern: at("PATCH", "/check-runs/{check}"), needs: "checks:write", do: updateCheck},
	{pattern: at("GET", "/commits/{ref}/check-runs"), needs: "checks:read", do: listChecks},
}

var (
	checkStatuses    = []string{"queued", "in_progress", "completed", "waiting", "requested", "pending"}
	checkConclusions = []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"}
)

// createCheck takes the same check run twice, as GitHub does.
func createCheck(c *call) answer {
	head := text(c.body["head_sha"])
	switch {
	case text(c.body["name"]) == "":
		return invalid("CheckRun", "name", "missing_field")
	case c.get(c.in("commits"), head) == nil:
		return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+head)
	}
	id := c.next()
	run := object{
		"id": id, "node_id": key("CR_", id), "head_sha": head, "external_id": "", "name": c.body["name"],
		"url": c.api("check-runs", id), "html_url": c.html("runs", id), "details_url": c.html("runs", id),
		"status": "queued", "conclusion": nil, "started_at": c.stamp(), "completed_at": nil,
		"check_suite": object{"id": c.suite(head)}, "app": c.app(), "pull_requests": []any{},
	}
	return c.saveCheck(http.StatusCreated, run)
}

// suite is the App's check suite of a commit.
func (c *call) suite(head string) int64 {
	s := c.get(c.in("suites"), head)
	if s == nil {
		s = object{"id": c.next()}
		c.put(c.in("suites"), head, s)
	}
	return number(s["id"])
}

// saveCheck sets what the request gives, and stores the run.
func (c *call) saveCheck(status int, run object) answer {
	for _, name := range []string{"name", "external_id", "details_url", "status", "conclusion", "started_at", "completed_at"} {
		if v, given := c.body[name]; given {
			run[name] = v
		}
	}
	if c.body["conclusion"] != nil {
		run["status"] = "completed"
	}
	switch {
	case !slices.Contains(checkStatuses, text(run["status"])):
		return invalid("CheckRun", "status", "invalid")
	case run["conclusion"] != nil && !slices.Contains(checkConclusions, text(run["conclusion"])),
		run["status"] == "completed" && run["conclusion"] == nil:
		return invalid("CheckRun", "conclusion", "invalid")
	case run["status"] == "completed" && run["completed_at"] == nil:
		run["completed_at"] = c.stamp()
	}
	out := with(object{"title": nil, "summary": nil, "text": nil, "annotations_count": 0}, sub(run, "output"))
	for name, v := range sub(c.body, "output") {
		if name == "title" || name == "summary" || name == "text" {
			out[name] = v
		}
	}
	out["annotations_url"] = text(run["url"]) + "/annotations"
	run["output"] = out
	c.put(c.in("checks"), number(run["id"]), run)
	return answer{status: status, body: run, resource: urlOf(run)}
}

func getCheck(c *call) answer {
	if run := c.get(c.in("checks"), c.r.PathValue("check")); run != nil {
		return ok(run)
	}
	return notFound()
}

func updateCheck(c *call) answer {
	run := c.get(c.in("checks"), c.r.PathValue("check"))
	switch {
	case run == nil:
		return notFound()
	case number(sub(run, "app")["id"]) != c.s.cfg.AppID:
		return refuse(http.StatusForbidden, "Invalid app_id `"+key(number(sub(run, "app")["id"]))+"` - check run can only be modified by the GitHub App that created it.")
	}
	return c.saveCheck(http.StatusOK, with(run, nil))
}

// listChecks shows the newest run of each name, or all of them.
func listChecks(c *call) answer {
	q := c.r.URL.Query()
	head := c.resolve(c.r.PathValue("ref"))
	if head == "" {
		return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.r.PathValue("ref"))
	}
	list, seen := []object{}, map[string]bool{}
	for _, run := range slices.Backward(c.list(c.in("checks"))) {
		id := key(number(sub(run, "app")["id"]), run["name"])
		if run["head_sha"] != head || (seen[id] && q.Get("filter") != "all") ||
			(q.Get("check_name") != "" && q.Get("check_name") != run["name"]) ||
			(q.Get("status") != "" && q.Get("status") != run["status"]) ||
			(q.Get("app_id") != "" && q.Get("app_id") != key(number(sub(run, "app")["id"]))) {
			continue
		}
		seen[id] = true
		list = append(list, run)
	}
	return counted(c, "check_runs", list)
}
