package github

// variant is an event that was not recorded as such: a recorded one with other
// values in it.
type variant struct {
	of     string
	change func(body object)
}

// variants, by the name that Deliver takes.
var variants = map[string]variant{
	"workflow_run.failed":      {"workflow_run.completed", concluded("workflow_run", "failure")},
	"workflow_run.succeeded":   {"workflow_run.completed", concluded("workflow_run", "success")},
	"workflow_run.cancelled":   {"workflow_run.completed", concluded("workflow_run", "cancelled")},
	"workflow_job.failed":      {"workflow_job.completed", concluded("workflow_job", "failure")},
	"check_run.failed":         {"check_run.completed", concluded("check_run", "failure")},
	"check_run.succeeded":      {"check_run.completed", concluded("check_run", "success")},
	"check_suite.failed":       {"check_suite.completed", concluded("check_suite", "failure")},
	"check_suite.succeeded":    {"check_suite.completed", concluded("check_suite", "success")},
	"deployment_status.failed": {"deployment_status.created", set("deployment_status", object{"state": "failure"})},
	"pull_request.merged":      {"pull_request.closed", set("pull_request", object{"state": "closed", "merged": true})},
	"pull_request.conflicting": {"pull_request.synchronize", set("pull_request", object{"mergeable": false, "mergeable_state": "dirty"})},
	"pull_request.behind":      {"pull_request.synchronize", set("pull_request", object{"mergeable": true, "mergeable_state": "behind"})},
}

func set(name string, fields object) func(object) {
	return func(body object) { body[name] = with(sub(body, name), fields) }
}

func concluded(name, conclusion string) func(object) {
	return set(name, object{"status": "completed", "conclusion": conclusion})
}
