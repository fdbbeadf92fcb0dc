package local_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestVariantsShowTheDefaults: each variant meets the default policies that
// `infinity trigger` says it shows, and no other; and each default policy has
// its effect on the fake GitHub, also of what waited while others happened.
func TestVariantsShowTheDefaults(t *testing.T) {
	t.Parallel()
	info, _ := start(t, filepath.Join("..", "..", ".infinity"))
	var proposed []decision.Proposal
	for _, v := range github.Variants() {
		d := decided(t, info, trigger(t, info.GitHub, v.Name))
		got := []string{}
		for _, p := range d.Proposals {
			got = append(got, p.Policy)
		}
		if diff := cmp.Diff(v.Shows, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: policies (-shown +got):\n%s", v.Name, diff)
		}
		proposed = append(proposed, d.Proposals...)
	}
	shown := map[string]bool{}
	for _, p := range proposed {
		shown[p.Policy] = true
		finish(t, info.Endpoint, p)
	}
	// No secret_scanning_alert is recorded, so that policy cannot be shown.
	if want := info.Policies - 1; len(shown) != want {
		t.Errorf("%d of %d default policies are shown, want %d: %v", len(shown), info.Policies, want, slices.Sorted(maps.Keys(shown)))
	}
}

// decided returns the decision on a delivery.
func decided(t *testing.T, info local.Info, delivery string) (d decision.Decision) {
	t.Helper()
	var events []decision.Delivery
	until(t, 20*time.Second, "a decision on "+delivery, func() bool {
		events = list[decision.Delivery](t, info.Endpoint, "/v1/events?delivery="+delivery)
		return len(events) == 1
	})
	get(t, info.Endpoint, "/v1/decisions/"+events[0].DecisionID, &d)
	return d
}

// finish approves what waits, as soon as it is asked: telling people of so much
// at once would take the budget of requests to GitHub. It demands that it succeeds.
func finish(t *testing.T, e local.Endpoint, p decision.Proposal) {
	t.Helper()
	var x execution.Execution
	until(t, 20*time.Second, p.Policy+" to settle", func() bool {
		get(t, e, "/v1/executions/"+p.ExecutionID, &x)
		return x.State == execution.Waiting && x.Round > 0 || x.State.Terminal()
	})
	for round := 0; x.State == execution.Waiting; { // later events may have changed the plan: then it is asked again
		round = x.Round
		approve(t, e, x.ID)
		until(t, 20*time.Second, p.Policy+" to end", func() bool {
			get(t, e, "/v1/executions/"+p.ExecutionID, &x)
			return x.State.Terminal() || x.Round > round
		})
	}
	for _, id := range p.Executions() { // of several steps each begins when the one before has ended
		until(t, 20*time.Second, p.Policy+" to do its steps", func() bool {
			get(t, e, "/v1/executions/"+id, &x)
			return x.State != execution.Planned && x.State.Terminal()
		})
		if x.State != execution.Succeeded {
			t.Errorf("%s ended %s: %s", p.Policy, x.State, x.Reason)
		}
	}
}

func approve(t *testing.T, e local.Endpoint, id string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.Gateway+"/v1/executions/"+id+"/approve", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+e.Key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("approve %s: %s", id, answer.Status)
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
		Said   string `json:"response"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&d); err != nil || d.Status != http.StatusAccepted {
		t.Fatalf("trigger %s: %+v, %v", name, d, err)
	}
	return d.ID
}
