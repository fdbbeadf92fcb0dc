package decision

import (
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// causes are the paths in GitHub's payloads that name whose change or comment
// led to an event
// (https://docs.github.com/webhooks/webhook-events-and-payloads).
var causes = []string{
	"sender.login", "pull_request.user.login", "issue.user.login", "comment.user.login", "review.user.login",
	"workflow_run.actor.login", "workflow_run.triggering_actor.login", "workflow_run.head_commit.author.username",
	"head_commit.author.username", "head_commit.committer.username", "pusher.name", "release.author.login",
	"deployment.creator.login", "check_suite.head_commit.author.username",
}

// mails are the paths that name a commit's author by address only. Whoever can
// write a commit can put any address there; one more who may not approve is the
// safe side.
var mails = []string{
	"workflow_run.head_commit.author.email", "workflow_run.head_commit.committer.email", "head_commit.author.email",
	"head_commit.committer.email", "check_suite.head_commit.author.email", "check_suite.head_commit.committer.email",
}

// maxCommits is how many commits of a push are looked at; GitHub tells of at
// most so many.
const maxCommits = 2048

// causesOf returns who caused the event, each once: logins, and addresses as
// approval.Address has them.
func causesOf(in *policy.Input) []string {
	var found []string
	seen := map[string]bool{}
	add := func(name string) {
		if low := strings.ToLower(name); name != "" && !seen[low] {
			seen[low] = true
			found = append(found, name)
		}
	}
	for _, path := range causes {
		name, _ := in.String(path)
		add(name)
	}
	for _, path := range mails {
		address, _ := in.String(path)
		add(approval.Address(address))
	}
	for i := range maxCommits {
		commit := "commits." + strconv.Itoa(i)
		if _, ok := in.String(commit + ".id"); !ok {
			break
		}
		name, _ := in.String(commit + ".author.username")
		add(name)
		address, _ := in.String(commit + ".author.email")
		add(approval.Address(address))
	}
	return found
}
