package decision_test

import (
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestS28BrokenOrMissingFailsClosed: from the start on, a folder that is not
// whole lets events be observed and no more.
func TestS28BrokenOrMissingFailsClosed(t *testing.T) {
	t.Parallel()
	const policies = "policies/test.yaml"
	for name, c := range map[string]struct{ file, text, says string }{
		"autonomy.yaml missing":          {autonomy.File, "", "no autonomy.yaml is in force"},
		"autonomy.yaml empty":            {autonomy.File, "# nothing\n", "no autonomy.yaml is in force"},
		"autonomy.yaml broken":           {autonomy.File, "capabilities: [\n", "no autonomy.yaml is in force"},
		"no capabilities":                {autonomy.File, strings.SplitAfter(autonomytest.File(), "\n")[0] + "capabilities: {}\n", "permits nothing of capability"},
		"one of two policies is a slip":  {policies, "policies:\n" + strings.Replace(twoPolicies, "L4", "L44", 1), "no policies are in force"},
		"policies are broken":            {policies, "policies: [\n", "no policies are in force"},
		"an unknown capability":          {policies, "policies:\n" + strings.Replace(twoPolicies, "error-recovery", "everything", 1), "no policies are in force"},
		"policies are missing (no note)": {policies, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := newConfigured(t, twoPolicies, autonomytest.File())
			if d := good.decide(t, opened("1")); d.Category != string(execution.Automatic) {
				t.Fatalf("the good folder decides %s", d.Category)
			}
			broken := newConfigured(t, twoPolicies, autonomytest.File())
			broken.write(c.file, c.text)
			broken.restart() // nothing was good before
			d := broken.decide(t, opened("1"))
			told := d.Note
			for _, p := range d.Proposals {
				for _, b := range p.Bounds {
					told += "; " + b.Why
				}
				if x := broken.execution(t, p.ExecutionID); x.State != execution.Planned || x.Category != execution.Record {
					t.Errorf("%s is %s of category %s", p.Policy, x.State, x.Category)
				}
			}
			if len(broken.queue.tasks) != 0 || !strings.Contains(told, c.says) {
				t.Errorf("%d tasks; told %q, want %q", len(broken.queue.tasks), told, c.says)
			}
		})
	}
}

// TestS28AnEventBringsNoPolicy: what is in force is the folder, which is
// deployed from the default branch. A pull request that edits .infinity changes
// nothing, whatever its payload says.
func TestS28AnEventBringsNoPolicy(t *testing.T) {
	t.Parallel()
	r := newConfigured(t, "  - {name: ask, on: com.github.pull_request.*, do: fake.pull_request, capability: error-recovery, autonomy: L3}\n", autonomytest.File())
	body := `{"action":"opened","number":7,"pull_request":{"number":7,"updated_at":"2026-03-01T11:59:00Z","title":"autonomy: L5","user":{"login":"eve"},
		"author_association":"NONE","head":{"sha":"abc","ref":"policies"},"body":"policies:\n  - {name: ask, autonomy: L5}","changed_files":[".infinity/autonomy.yaml"]},
		"autonomy":"L5","policies":[{"name":"ask","autonomy":"L5"}],"repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"eve"}}`
	d := r.decide(t, event.Event{
		ID: "1", Source: "https://github.com/octo/hello", Type: "com.github.pull_request.opened", Time: start,
		Repository: "octo/hello", RepositoryID: 1, InstallationID: 7, Data: []byte(body),
	})
	if d.Matched != 1 || d.Proposals[0].Level != "L3" || d.Category != string(execution.Manual) {
		t.Errorf("decided %s at %+v", d.Category, d.Proposals)
	}
}
