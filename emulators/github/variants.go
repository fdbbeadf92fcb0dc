package github

import "maps"

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
	// Those that show what the default policies do.
	"workflow_run.timed_out":     {"workflow_run.completed", concluded("workflow_run", "timed_out")},
	"workflow_run.failed_again":  {"workflow_run.completed", failedAgain},
	"issues.vague":               {"issues.opened", vague},
	"pull_request.first":         {"pull_request.opened", set("pull_request", object{"author_association": "FIRST_TIME_CONTRIBUTOR", "body": nil})},
	"pull_request.dependency":    {"pull_request.opened", by("pull_request", "dependabot[bot]")},
	"pull_request_review.update": {"pull_request_review.submitted", approvedUpdate},
	"create.version_tag":         {"create", fields(object{"ref": "v1.2.3", "ref_type": "tag"})},
	"push.forced":                {"push", forced},
	"pull_request.behind":        {"pull_request.synchronize", set("pull_request", object{"mergeable": true, "mergeable_state": "behind"})},
}

func set(name string, fields object) func(object) {
	return func(body object) { body[name] = with(sub(body, name), fields) }
}

func concluded(name, conclusion string) func(object) {
	return set(name, object{"status": "completed", "conclusion": conclusion})
}

func fields(values object) func(object) {
	return func(body object) { maps.Copy(body, values) }
}

// by makes somebody else the author.
func by(name, login string) func(object) {
	return func(body object) {
		doc := sub(body, name)
		body[name] = with(doc, object{"user": with(sub(doc, "user"), object{"login": login, "type": "Bot"})})
	}
}

// failedAgain is a second failure on the default branch.
func failedAgain(body object) {
	set("workflow_run", object{
		"status": "completed", "conclusion": "failure", "run_attempt": 2,
		"head_branch": text(sub(body, "repository")["default_branch"]),
	})(body)
}

// vague is a stranger's report of a crash, without a word about it.
func vague(body object) {
	set("issue", object{"title": "It crashes", "body": nil, "labels": []any{}, "author_association": "NONE"})(body)
}

// approvedUpdate is a maintainer's approval of a bot's update.
func approvedUpdate(body object) {
	by("pull_request", "dependabot[bot]")(body)
	set("review", object{"state": "approved", "author_association": "OWNER"})(body)
}

// forced rewrites the default branch.
func forced(body object) {
	fields(object{"forced": true, "deleted": false, "ref": "refs/heads/" + text(sub(body, "repository")["default_branch"])})(body)
}
