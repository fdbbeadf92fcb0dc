package decision

import (
	"strings"

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

// causesOf returns the logins that caused the event, each once.
func causesOf(in *policy.Input) []string {
	var logins []string
	seen := map[string]bool{}
	for _, path := range causes {
		login, ok := in.String(path)
		if low := strings.ToLower(login); ok && login != "" && !seen[low] {
			seen[low] = true
			logins = append(logins, login)
		}
	}
	return logins
}
