package local_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestTriggersShowTheDefaults: what the README and `infinity trigger` offer
// leads to the default policies that it is meant to show, and to their effects
// on the fake GitHub.
func TestTriggersShowTheDefaults(t *testing.T) {
	t.Parallel()
	info, _ := start(t, filepath.Join("..", "..", ".infinity"))
	for _, c := range []struct {
		trigger  string
		policies []string
		state    execution.State
	}{
		{"issues.vague", []string{"ask-for-details", "label-crashes", "triage-new-issues"}, execution.Succeeded},
		{"pull_request.first", []string{"ask-for-description", "welcome-first-contribution"}, execution.Succeeded},
		{"pull_request.dependency", []string{"label-dependency-updates"}, execution.Succeeded},
		{"pull_request_review.update", []string{"merge-approved-dependency-updates"}, execution.Waiting},
		{"create.version_tag", []string{"draft-release-for-version-tag"}, execution.Succeeded},
		{"push.forced", []string{"mark-rewritten-default-branch"}, execution.Waiting},
		{"workflow_run.failed", []string{"rerun-failed-ci"}, execution.Waiting},
		{"workflow_run.timed_out", []string{"rerun-interrupted-ci"}, execution.Succeeded},
		{"workflow_run.failed_again", []string{"mark-broken-default-branch"}, execution.Waiting},
		{"deployment_status.failed", []string{"mark-failed-deployment"}, execution.Waiting},
	} {
		id := trigger(t, info.GitHub, c.trigger)
		var events []decision.Delivery
		until(t, 20*time.Second, "a decision on "+c.trigger, func() bool {
			events = nil
			for _, e := range list[decision.Delivery](t, info.Endpoint, "/v1/events") {
				if e.EventID == id {
					events = append(events, e)
				}
			}
			return len(events) == 1
		})
		var d decision.Decision
		get(t, info.Endpoint, "/v1/decisions/"+events[0].DecisionID, &d)
		got := []string{}
		for _, p := range d.Proposals {
			got = append(got, p.Policy)
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.policies, got); diff != "" {
			t.Errorf("%s: policies (-want +got):\n%s", c.trigger, diff)
		}
		for _, p := range d.Proposals {
			var x execution.Execution
			until(t, 20*time.Second, p.Policy+" to come to "+string(c.state), func() bool {
				get(t, info.Endpoint, "/v1/executions/"+p.ExecutionID, &x)
				return x.State == c.state || x.State.Terminal()
			})
			if x.State != c.state {
				t.Errorf("%s: %s ended %s: %s", c.trigger, p.Policy, x.State, x.Reason)
			}
		}
	}
}

// trigger has the fake GitHub send an event and returns its delivery id.
func trigger(t *testing.T, github, name string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, github+"/_emulator/deliver", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var d struct {
		ID     string `json:"delivery"`
		Status int    `json:"status"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&d); err != nil || d.Status != http.StatusAccepted {
		t.Fatalf("trigger %s: %+v, %v", name, d, err)
	}
	return d.ID
}
