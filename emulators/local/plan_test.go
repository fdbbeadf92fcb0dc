package local_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestPlanOverWhatHappened back-tests changed policies, and those in force,
// over events that really went through the platform. Nothing is written.
func TestPlanOverWhatHappened(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", ".infinity")
	info, _ := start(t, folder)
	var run decision.Decision
	for _, name := range []string{"issues.vague", "workflow_run.failed"} {
		run = decided(t, info, trigger(t, info.GitHub, name))
	}
	id := run.Proposals[0].ExecutionID
	until(t, 20*time.Second, "people to be told", func() bool {
		var x execution.Execution
		get(t, info.Endpoint, "/v1/executions/"+id, &x)
		return x.ToldAt != nil
	})
	approve(t, info.Endpoint, id)
	quiet(t, info.Endpoint)
	before := written(t, info.Endpoint)

	files := map[string]string{}
	for _, name := range []string{"ci.yaml", "issues.yaml"} {
		text, err := os.ReadFile(filepath.Join(folder, "policies", name))
		if err != nil {
			t.Fatal(err)
		}
		files["policies/"+name] = string(text)
	}
	same := plan(t, info.Endpoint, files)
	if !same.Same() || same.Events != 2 {
		t.Errorf("the same policies: %d of %d events change: %+v", same.Changed, same.Events, same.Policies)
	}
	agreed := map[string]int{}
	for _, p := range same.Policies {
		agreed[p.Policy] = p.Agreed
	}
	if want := map[string]int{"rerun-failed-ci": 1, "triage-new-issues": 0, "label-crashes": 0, "ask-for-details": 0}; !maps.Equal(want, agreed) {
		t.Errorf("people agreed with %v, want %v", agreed, want)
	}
	original := files["policies/ci.yaml"]
	files["policies/ci.yaml"] = strings.Replace(files["policies/ci.yaml"], "autonomy: L4", "autonomy: L1", 1)
	delete(files, "policies/issues.yaml")
	changes := map[string]map[backtest.Kind]int{}
	for _, p := range plan(t, info.Endpoint, files).Policies {
		changes[p.Policy] = p.Changes
	}
	gone := map[backtest.Kind]int{backtest.Gone: 1}
	want := map[string]map[backtest.Kind]int{
		"rerun-failed-ci": {backtest.Level: 1}, "triage-new-issues": gone, "label-crashes": gone, "ask-for-details": gone,
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}

	less, err := os.ReadFile(filepath.Join(folder, "autonomy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	trusted := strings.Replace(string(less), "error-recovery:\n    level: L5", "error-recovery:\n    level: L2", 1)
	for _, p := range plan(t, info.Endpoint, map[string]string{"policies/ci.yaml": original, "autonomy.yaml": trusted}).Policies {
		if p.Policy == "rerun-failed-ci" && (p.Changes[backtest.Level] != 1 || p.Records != 1) {
			t.Errorf("trusted with less: %+v, want it recorded only", p)
		}
	}

	var shadow backtest.Report
	decode(t, send(t, info.Endpoint, "/v1/events/"+run.EventID+"/shadow", nil), &shadow)
	if !shadow.Same() || shadow.Policies[0].Refused != 1 || !strings.Contains(shadow.Policies[0].Examples[0].Refused, "limit reached") {
		t.Errorf("the same run again: %+v, want it stopped by its limit of one a day", shadow.Policies)
	}
	if diff := cmp.Diff(before, written(t, info.Endpoint)); diff != "" {
		t.Errorf("documents (-before +after):\n%s", diff)
	}
}

// quiet waits until no execution is under way.
func quiet(t *testing.T, e local.Endpoint) {
	t.Helper()
	until(t, 20*time.Second, "all executions to end", func() bool {
		for _, x := range list[execution.Execution](t, e, "/v1/executions") {
			if !x.State.Terminal() {
				return false
			}
		}
		return true
	})
}

// written counts the documents of each kind.
func written(t *testing.T, e local.Endpoint) map[string]int {
	t.Helper()
	return map[string]int{
		"events": len(list[decision.Delivery](t, e, "/v1/events")), "decisions": len(list[decision.Decision](t, e, "/v1/decisions")),
		"executions": len(list[execution.Execution](t, e, "/v1/executions")), "audit": len(list[audit.Record](t, e, "/v1/audit")),
	}
}

// plan back-tests files and returns the stream's report.
func plan(t *testing.T, e local.Endpoint, files map[string]string) backtest.Report {
	t.Helper()
	sent := []map[string]string{}
	for path, text := range files {
		sent = append(sent, map[string]string{"path": path, "text": text})
	}
	text := send(t, e, "/v1/policies/plan", map[string]any{"files": sent, "since": time.Now().Add(-time.Hour), "examples": 1})
	var last struct{ Report *backtest.Report }
	decode(t, text[strings.LastIndex(text, "data: ")+len("data: "):], &last)
	if last.Report == nil {
		t.Fatalf("no report in %s", text)
	}
	return *last.Report
}

func send(t *testing.T, e local.Endpoint, path string, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.Gateway+path, strings.NewReader(string(text)))
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
	out, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %d %s %v", path, answer.StatusCode, out, err)
	}
	return string(out)
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
