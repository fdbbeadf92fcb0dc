package github

import (
	"maps"
	"slices"
)

// variant is an event that was not recorded as such: a recorded one with other
// values in it.
type variant struct {
	of     string
	change func(body object)
	shows  []string // the default policies that it meets
}

// Variant is an event that can be triggered beside the recorded ones.
type Variant struct {
	Name  string   // as Trigger takes it
	Shows []string // the product's default policies that it meets, as they stand in their files
}

// Variants lists them by name.
func Variants() []Variant {
	var all []Variant
	for _, name := range slices.Sorted(maps.Keys(variants)) {
		all = append(all, Variant{Name: name, Shows: slices.Clone(variants[name].shows)})
	}
	return all
}

// vary makes a variant of the event that was recorded as of.
func vary(of string, change func(object), shows ...string) variant {
	return variant{of: of, shows: shows, change: change}
}

// helloWorld is the repository of most recorded payloads.
const helloWorld = "Codertocat/Hello-World"

// variants, by the name that Deliver takes.
var variants = map[string]variant{
	"workflow_run.failed":       vary("workflow_run.completed", concluded("workflow_run", "failure"), "rerun-failed-ci"),
	"workflow_run.timed_out":    vary("workflow_run.completed", concluded("workflow_run", "timed_out"), "rerun-interrupted-ci"),
	"workflow_run.failed_again": vary("workflow_run.completed", failedAgain, "mark-broken-default-branch"),
	"workflow_run.succeeded":    vary("workflow_run.completed", concluded("workflow_run", "success")),
	"workflow_run.cancelled":    vary("workflow_run.completed", concluded("workflow_run", "cancelled")),
	"workflow_job.failed":       vary("workflow_job.completed", concluded("workflow_job", "failure")),
	"check_run.failed":          vary("check_run.completed", concluded("check_run", "failure")),
	"check_run.succeeded":       vary("check_run.completed", concluded("check_run", "success")),
	"check_suite.failed":        vary("check_suite.completed", concluded("check_suite", "failure")),
	"check_suite.succeeded":     vary("check_suite.completed", concluded("check_suite", "success")),
	"deployment_status.failed":  vary("deployment_status.created", set("deployment_status", object{"state": "failure"}), "mark-failed-deployment"),

	"issues.vague":           vary("issues.opened", vague, "triage-new-issues", "label-crashes", "ask-for-details"),
	"issues.spam":            vary("issues.opened", spam, "triage-new-issues", "close-spam"),
	"issues.closed_waiting":  vary("issues.opened", closedWaiting, "tidy-closed-issues"),
	"issue_comment.answered": vary("issue_comment.created", answered, "author-answered"),

	"pull_request.first":       vary("pull_request.opened", set("pull_request", object{"author_association": "FIRST_TIME_CONTRIBUTOR", "body": nil}), "welcome-first-contribution", "ask-for-description"),
	"pull_request.dependency":  vary("pull_request.opened", by("pull_request", "dependabot[bot]"), "label-dependency-updates"),
	"pull_request.large":       vary("pull_request.opened", set("pull_request", object{"additions": 900, "deletions": 300}), "label-large-changes"),
	"pull_request.draft":       vary("pull_request.converted_to_draft", set("pull_request", nil), "label-drafts"),
	"pull_request.ready":       vary("pull_request.ready_for_review", set("pull_request", object{"labels": labelled("work-in-progress")}), "unlabel-ready-pull-requests"),
	"pull_request.auto_merge":  vary("pull_request.synchronize", autoMerge, "update-branch-for-auto-merge"),
	"pull_request.merged":      vary("pull_request.closed", set("pull_request", object{"state": "closed", "merged": true})),
	"pull_request.conflicting": vary("pull_request.synchronize", set("pull_request", object{"mergeable": false, "mergeable_state": "dirty"})),
	"pull_request.behind":      vary("pull_request.synchronize", set("pull_request", object{"mergeable": true, "mergeable_state": "behind"})),

	"pull_request_review.update": vary("pull_request_review.submitted", approvedUpdate, "merge-approved-dependency-updates"),
	"pull_request_review.stale":  vary("pull_request_review.dismissed", stale, "ask-dismissed-reviewer-again"),

	"create.version_tag":   vary("create", fields(object{"ref": "v1.2.3", "ref_type": "tag"}), "draft-release-for-version-tag"),
	"create.candidate_tag": vary("create", fields(object{"ref": "v1.2.3-rc.1", "ref_type": "tag"}), "draft-prerelease-for-candidate-tag"),
	"milestone.finished":   vary("milestone.closed", set("milestone", object{"title": "v2.0", "open_issues": 0}), "propose-release-for-finished-milestone"),

	"push.forced":                vary("push", forced, "mark-rewritten-default-branch"),
	"dependabot_alert.severe":    vary("dependabot_alert.created", severe, "respond-to-severe-dependency-alert"),
	"code_scanning_alert.severe": vary("code_scanning_alert.created", severeCode, "respond-to-code-scanning-alert"),
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

// spam is a stranger's advertisement.
func spam(body object) {
	set("issue", object{
		"title": "Best online casino bonus", "body": "Claim your free spins today at https://spam.example/casino before they are gone!",
		"labels": []any{}, "author_association": "NONE",
	})(body)
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

// labelled is a list of one label.
func labelled(name string) []any {
	return []any{object{
		"id": plain(1000001), "node_id": "L_1", "url": "https://api.github.com/repos/" + helloWorld + "/labels/" + name,
		"name": name, "color": "ededed", "default": false, "description": "",
	}}
}

// closedWaiting closes an issue that still waits for triage.
func closedWaiting(body object) {
	body["action"] = "closed"
	set("issue", object{"state": "closed", "labels": labelled("needs-triage")})(body)
}

// answered is the answer of the author who was asked.
func answered(body object) {
	set("issue", object{"state": "open", "labels": labelled("needs-info"), "user": sub(body, "comment")["user"]})(body)
}

// autoMerge is switched on while the branch is behind.
func autoMerge(body object) {
	body["action"] = "auto_merge_enabled"
	set("pull_request", object{"state": "open", "mergeable": true, "mergeable_state": "behind"})(body)
}

// stale is a person's review that a push dismissed.
func stale(body object) {
	set("pull_request", object{"state": "open"})(body)
	set("review", object{"user": user("octocat", 1, "User")})(body)
}

// severe is a critical vulnerability in a dependency.
func severe(body object) {
	alert := sub(body, "alert")
	body["alert"] = with(alert, object{"security_advisory": with(sub(alert, "security_advisory"), object{"severity": "critical"})})
}

// severeCode is an error on the default branch.
func severeCode(body object) {
	alert := sub(body, "alert")
	body["alert"] = with(alert, object{"rule": with(sub(alert, "rule"), object{"severity": "error"})})
	body["ref"] = "refs/heads/" + text(sub(body, "repository")["default_branch"])
}
