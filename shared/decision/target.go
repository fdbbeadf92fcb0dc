package decision

import (
	"strconv"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// rule says where an event's body names a resource of one kind. The first
// rule whose id is there wins.
type rule struct{ id, sha, asOf string }

// rules lists, for each kind of resource, the paths in GitHub's payloads
// (https://docs.github.com/webhooks/webhook-events-and-payloads).
var rules = map[string][]rule{
	"issue": {
		{id: "issue.number", asOf: "issue.updated_at"},
		{id: "pull_request.number", sha: "pull_request.head.sha", asOf: "pull_request.updated_at"},
	},
	"pull_request": {
		{id: "pull_request.number", sha: "pull_request.head.sha", asOf: "pull_request.updated_at"},
		{id: "check_run.pull_requests.0.number", sha: "check_run.head_sha", asOf: "check_run.completed_at"},
		{id: "check_suite.pull_requests.0.number", sha: "check_suite.head_sha", asOf: "check_suite.updated_at"},
		{id: "workflow_run.pull_requests.0.number", sha: "workflow_run.head_sha", asOf: "workflow_run.updated_at"},
	},
	"workflow_run": {
		{id: "workflow_run.id", sha: "workflow_run.head_sha", asOf: "workflow_run.run_attempt"},
		{id: "workflow_job.run_id", sha: "workflow_job.head_sha", asOf: "workflow_job.run_attempt"},
	},
	"commit": {
		{id: "pull_request.head.sha", asOf: "pull_request.updated_at"},
		{id: "check_run.head_sha", asOf: "check_run.completed_at"},
		{id: "check_suite.head_sha", asOf: "check_suite.updated_at"},
		{id: "workflow_run.head_sha", asOf: "workflow_run.run_attempt"},
		{id: "deployment.sha", asOf: "deployment.updated_at"},
		{id: "after", asOf: "after"},
		{id: "sha", asOf: "updated_at"},
	},
}

// targetOf returns the resource of kind that the event names. A pull request
// is an issue too, so an issue_comment on one names it by its issue number.
func targetOf(kind string, e event.Event, in *policy.Input) (action.Target, error) {
	t := action.Target{
		InstallationID: e.InstallationID, RepositoryID: e.RepositoryID, Repository: e.Repository, Kind: kind,
	}
	t.Author, _ = in.String("sender.login")
	if e.Repository == "" {
		return t, fault.New(fault.Invalid, "the event names no repository")
	}
	if kind == "repository" {
		t.SHA = first(in, "after", "workflow_run.head_sha", "release.target_commitish")
		t.AsOf = occasion(e)
		return t, nil
	}
	for _, r := range rules[kind] {
		if t.ID = text(in, r.id); t.ID != "" && t.ID != noCommit {
			t.SHA, t.AsOf = text(in, r.sha), text(in, r.asOf)
			if t.AsOf == "" {
				t.AsOf = occasion(e)
			}
			return t, nil
		}
	}
	if kind == "pull_request" {
		if _, ok := in.String("issue.pull_request.url"); ok {
			t.ID, t.AsOf = text(in, "issue.number"), text(in, "issue.updated_at")
			return t, nil
		}
	}
	return t, fault.New(fault.Invalid, "the event %s names no %s", e.Type, kind)
}

// noCommit is the SHA that a push names when it deletes its ref.
const noCommit = "0000000000000000000000000000000000000000"

// occasion stands for the resource's version where the body has none.
func occasion(e event.Event) string { return e.Digest }

func first(in *policy.Input, paths ...string) string {
	for _, p := range paths {
		if s := text(in, p); s != "" {
			return s
		}
	}
	return ""
}

func text(in *policy.Input, path string) string {
	if path == "" {
		return ""
	}
	if s, ok := in.String(path); ok {
		return s
	}
	if n, ok := in.Int(path); ok {
		return strconv.FormatInt(n, 10)
	}
	return ""
}
