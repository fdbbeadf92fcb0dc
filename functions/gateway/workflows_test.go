package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// seedSteps stores a workflow of two steps that are done.
func (w *world) seedSteps() {
	w.t.Helper()
	xs := []execution.Execution{succeeded("s1"), succeeded("s2")}
	xs[0].Step, xs[1].Step = 1, 2
	wf := execution.NewWorkflow(xs)
	wf.State = execution.WorkflowDone
	for i := range xs {
		xs[i].State, xs[i].FinishedAt = execution.Succeeded, &start
		w.put(execution.Collection, xs[i].ID, xs[i])
	}
	w.put(execution.Workflows, wf.ID, wf)
}

// What is to be undone first is queued: of a workflow that is its last step,
// whichever was named. The record says who wanted it.
func TestRevertQueues(t *testing.T) {
	t.Parallel()
	for named, first := range map[string]string{"ydone1": "ydone1", "s1": "s2", "s2": "s2"} {
		t.Run(named, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.seed()
			w.seedSteps()
			path := "/v1/executions/" + named + "/revert"
			rec := w.request(auth.Editor, http.MethodPost, path, `{"reason":"mistaken"}`)
			if rec.Code != http.StatusOK || len(w.tasks.queued) != 1 || !strings.Contains(string(w.tasks.queued[0].Body), `"`+first+`"`) {
				t.Fatalf("%d %s; queued %+v, want %s", rec.Code, rec.Body, w.tasks.queued, first)
			}
			var page struct{ Items []audit.Record }
			rec = w.request(auth.Viewer, http.MethodGet, "/v1/audit?subject=executions/"+first, "")
			if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
				t.Fatal(err)
			}
			if r := page.Items[0]; r.Actor != "key:editor" || r.To != "reverting" || !strings.Contains(r.Reason, "mistaken") {
				t.Errorf("the record is %+v", r)
			}
			if rec := w.request(auth.Admin, http.MethodPost, path, `{"reason":"me too"}`); rec.Code != http.StatusConflict || len(w.tasks.queued) != 1 {
				t.Errorf("a second wish: %d %s", rec.Code, rec.Body)
			}
		})
	}
}
