package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Rule is a policy as the scenario means it. The world writes it as YAML for
// the product, and the checkers hold the product to it: they read no policy
// with the product's own code.
type Rule struct {
	Name, On, When string
	Do             string
	With           map[string]any
	Level          string
	PerResource    Limit
	Total          Limit
}

// Limit is N in Per; a zero N is no limit.
type Limit struct {
	N   int
	Per time.Duration
}

// Grant is the rules that are in force from a step on.
type Grant struct {
	Step  int
	At    time.Time
	Rules []Rule
}

// trusted leaves all bounds to the rules.
const trusted = `authors: {owner: L5, member: L5, collaborator: L5, contributor: L5, none: L5}
capabilities:
  error-recovery: {level: L5, actions: ["*"], repositories: ["*/*"]}
`

// writeRules writes rules into the policies' folder dir.
func writeRules(dir string, rules []Rule) error {
	var b strings.Builder
	b.WriteString("policies:\n")
	for _, r := range rules {
		with, err := json.Marshal(r.With)
		if err != nil {
			return fmt.Errorf("write rule %s: %w", r.Name, err)
		}
		fmt.Fprintf(&b, "  - name: %s\n    on: %s\n", r.Name, r.On)
		if r.When != "" {
			fmt.Fprintf(&b, "    when: %q\n", r.When)
		}
		if r.With == nil {
			fmt.Fprintf(&b, "    do: %s\n", r.Do)
		} else {
			fmt.Fprintf(&b, "    do: {action: %s, with: %s}\n", r.Do, with)
		}
		fmt.Fprintf(&b, "    capability: error-recovery\n    autonomy: %s\n", r.Level)
		if l := limits(r); l != "" {
			fmt.Fprintf(&b, "    limits: {%s}\n", l)
		}
	}
	dir = filepath.Join(dir, "policies")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the rules: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..", "autonomy.yaml"), []byte(trusted), 0o600); err != nil {
		return fmt.Errorf("write what is trusted: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..", "approvals.yaml"), []byte(approvers), 0o600); err != nil {
		return fmt.Errorf("write who may approve: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "sim.yaml"), []byte(b.String()), 0o600)
}

// Garble makes the policies' file one that cannot be read.
func (w *World) Garble() error {
	return os.WriteFile(filepath.Join(w.o.Dir, "policies", "sim.yaml"), []byte("policies: ["), 0o600)
}

func limits(r Rule) string {
	var list []string
	if r.PerResource.N > 0 {
		list = append(list, fmt.Sprintf("per_resource: %d/%s", r.PerResource.N, r.PerResource.Per))
	}
	if r.Total.N > 0 {
		list = append(list, fmt.Sprintf("total: %d/%s", r.Total.N, r.Total.Per))
	}
	return strings.Join(list, ", ")
}

// Mix are the rules of the random mix: each class of action, each category,
// and a limit that is reached.
func Mix() []Rule {
	return []Rule{
		{Name: "triage", On: "com.github.issues.opened", Do: "github.issue.label", With: map[string]any{"add": []string{"triage"}}, Level: "L5"},
		{Name: "greet", On: "com.github.issues.opened", Do: "github.issue.comment", With: map[string]any{"body": "Thank you, ${event.issue.user.login}."}, Level: "L5"},
		{Name: "rerun", On: "com.github.workflow_run.completed", When: `event.workflow_run.conclusion == "failure"`, Do: "github.workflow.rerun_failed_jobs", Level: "L4"},
		{Name: "close", On: "com.github.issues.opened", Do: "github.issue.close", Level: "L3"},
		{
			Name: "respond", On: "com.github.workflow_run.completed", When: `event.workflow_run.conclusion == "failure"`,
			Do: "github.workflow.dispatch", With: map[string]any{"workflow": "${event.workflow.path.split('/')[2]}", "ref": "${event.repository.default_branch}", "inputs": map[string]string{"run": "${string(event.workflow_run.id)}"}}, Level: "L5",
		},
		{
			Name: "mark", On: "com.github.workflow_run.completed", When: `event.workflow_run.conclusion == "failure"`,
			Do: "github.check_run.create", With: map[string]any{"name": "sim", "status": "completed", "conclusion": "failure", "title": "Failed", "summary": "Run ${event.workflow_run.id} failed."}, Level: "L5",
		},
	}
}
