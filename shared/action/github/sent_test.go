package github_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What GitHub is sent: each argument, the precondition and the mark.
func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"label":                     `POST labels ["a/b c","Urgent"]`,
		"label taken off":           `DELETE A%2Fb%20C `,
		"assign":                    `POST assignees {"assignees":["octocat","hubot"]}`,
		"close":                     `PATCH $number {"state":"closed","state_reason":"not_planned"}`,
		"comment on an issue":       `POST comments {"body":"Hello\n\n` + mark + `"}`,
		"comment on a pull request": `POST comments {"body":"Hello\n\n` + mark + `"}`,
		"reviewers":                 `POST requested_reviewers {"reviewers":["octocat"]}`,
		"merge":                     `PUT merge {"merge_method":"squash","sha":"$sha"}`,
		"update branch":             `PUT update-branch {"expected_head_sha":"$sha"}`,
		"check run": `POST check-runs {"name":"policy","head_sha":"$sha","external_id":"0f1e2d3c4b5a","status":"completed","conclusion":"neutral",` +
			`"output":{"title":"Fine","summary":"All of it"}}`,
		"dispatch":             `POST dispatches {"ref":"$branch"}`,
		"dispatch with inputs": `POST dispatches {"ref":"$branch","inputs":{"level":"high"}}`,
		"rerun":                `POST rerun-failed-jobs `,
		"release":              `POST releases {"tag_name":"v9.1","name":"Nine","body":"New\n\n` + mark + `","draft":false,"prerelease":false}`,
		"draft of a release":   `POST releases {"tag_name":"rel/v9.1","body":"` + mark + `","draft":true,"prerelease":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, scenes[name].event, nil)
			w := h.world(t, scenes[name])
			p, err := w.Action.Plan(t.Context(), w.Request)
			check(t, err)
			_, err = w.Action.Apply(t.Context(), w.Request, p)
			check(t, err)
			known := strings.NewReplacer(
				"$sha", h.event.PullRequest.Head.SHA, "$number", w.Request.Target.ID, "$branch", h.event.Repository.DefaultBranch,
			).Replace(want)
			got := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(*h.tardy.sent.Load())
			if diff := cmp.Diff(known, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
