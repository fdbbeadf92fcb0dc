package github

import (
	"slices"
	"strings"
)

// automation makes workflows, runs, jobs and check runs.
func (o *occasion) automation() {
	if run := sub(o.body, "workflow_run"); run != nil {
		o.body["workflow_run"] = o.saveRecordedRun(run, sub(o.body, "workflow"))
	} else if w := sub(o.body, "workflow"); w != nil {
		o.put(o.in("workflows"), number(w["id"]), w)
	}
	if sub(o.body, "alert") != nil {
		o.response()
	}
	if job := sub(o.body, "workflow_job"); job != nil {
		o.jobOf(job)
	}
	if check := sub(o.body, "check_run"); check != nil {
		o.saveRecordedCheck(check)
	}
	if s := sub(o.body, "check_suite"); s != nil {
		o.put(o.in("suites"), text(s["head_sha"]), object{"id": s["id"]})
	}
}

func (o *occasion) saveRecordedRun(run, workflow object) object {
	id, branch := number(run["id"]), text(run["head_branch"])
	if branch != "" && o.get(o.in("refs"), "heads/"+branch) == nil {
		o.setRef("heads/"+branch, text(run["head_sha"]))
	}
	made, err := template("workflow_run", "completed") // some payloads hold a part of the run only
	if err != nil {
		made = object{}
	}
	delete(made, "name")
	run = with(with(made, o.runURLs(id, number(run["workflow_id"]))), run)
	run = with(object{
		"run_attempt": 1, "run_started_at": run["created_at"], "previous_attempt_url": nil, "path": text(workflow["path"]),
		"display_title": run["name"], "actor": o.body["sender"], "triggering_actor": o.body["sender"], "referenced_workflows": []any{},
		"head_repository": o.repo, "repository": o.repo, "pull_requests": []any{},
	}, run)
	if text(run["path"]) == "" {
		run["path"] = ".github/workflows/" + strings.ToLower(strings.ReplaceAll(cmpOr(text(run["name"]), "ci"), " ", "-")) + ".yml"
	}
	if workflow == nil {
		workflow = o.newWorkflow(number(run["workflow_id"]), run["name"], text(run["path"]))
	}
	o.put(o.in("workflows"), number(workflow["id"]), workflow)
	o.put(o.in("runs"), id, run)
	o.job(run, text(run["status"]), run["conclusion"])
	return run
}

func (o *occasion) newWorkflow(id int64, name any, path string) object {
	return object{
		"id": plain(id), "node_id": key("W_", id), "name": name, "path": path, "state": "active",
		"created_at": o.stamp(), "updated_at": o.stamp(), "url": o.api("actions/workflows", id), "html_url": o.html("blob/main", path),
		"badge_url": o.html("actions", "badge.svg"),
	}
}

// response makes the workflow that the default policies start when there is an
// alert: in a repository without it they could only fail.
func (o *occasion) response() {
	const path = ".github/workflows/security-response.yml"
	if !slices.ContainsFunc(o.list(o.in("workflows")), func(w object) bool { return w["path"] == path }) {
		id := o.next()
		o.put(o.in("workflows"), id, o.newWorkflow(id, "Security response", path))
	}
}

// jobOf stores a job and, if it is the first, the run that it is of.
func (o *occasion) jobOf(job object) {
	id := number(job["run_id"])
	run := o.get(o.in("runs"), key(id))
	if run == nil {
		made, err := template("workflow_run", "completed")
		if err != nil {
			return
		}
		run = o.saveRecordedRun(with(with(made, o.runURLs(id, number(made["workflow_id"]))), object{
			"id": job["run_id"], "head_sha": job["head_sha"],
			"status": job["status"], "conclusion": job["conclusion"], "repository": o.repo, "head_repository": o.repo,
			"created_at": o.stamp(), "updated_at": o.stamp(), "run_started_at": o.stamp(), "head_branch": o.repo["default_branch"],
		}), nil)
	}
	o.put(o.in("jobs", id), number(job["id"]), with(object{
		"run_attempt": run["run_attempt"], "created_at": o.stamp(), "workflow_name": run["name"], "head_branch": run["head_branch"],
	}, job))
}

func (o *occasion) saveRecordedCheck(check object) {
	out := with(object{
		"title": nil, "summary": nil, "text": nil, "annotations_count": 0, "annotations_url": text(check["url"]) + "/annotations",
	}, sub(check, "output"))
	o.put(o.in("checks"), number(check["id"]), with(object{"details_url": nil, "external_id": ""}, with(check, object{"output": out})))
}

// publish makes releases and their tags.
func (o *occasion) publish() {
	r := sub(o.body, "release")
	if r == nil || o.body["action"] == "deleted" {
		return
	}
	tag := text(r["tag_name"])
	if o.published(tag) != nil { // the tag has its release: this is another
		fresh := tag + "." + key(o.next())
		w := &rewrite{old: []string{"/" + tag, "/" + fresh}}
		r = with(w.apply(r).(object), object{"tag_name": fresh}) // an object stays one
		o.body["release"], tag = r, fresh
	}
	if r["draft"] != true && o.get(o.in("refs"), "tags/"+tag) == nil {
		o.setRef("tags/"+tag, o.tip(text(o.repo["default_branch"]), ""))
	}
	o.put(o.in("releases"), number(r["id"]), with(object{"immutable": false}, r))
}
