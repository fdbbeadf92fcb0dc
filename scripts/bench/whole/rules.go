package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// labelAdded is what the one rule that matches each issue adds.
const labelAdded = "triage"

// trusted permits what the rules do, to everybody.
const trusted = `authors: {owner: L5, member: L5, collaborator: L5, contributor: L5, none: L5}
capabilities:
  error-recovery: {level: L5, actions: [github.issue.label], repositories: ["*/*"]}
`

// rule is "at least this many comments, this label, this repository".
type rule struct{ comments, label, repository int }

// rules returns n rules of which no benchmark event matches one.
func rules(n int) []rule {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same set in each run
	out := make([]rule, n)
	for i := range out {
		out[i] = rule{r.IntN(5), r.IntN(500), r.IntN(n)}
	}
	return out
}

// writePolicies writes ours: the rules as CEL, and the one that matches.
func writePolicies(dir string, rs []rule) error {
	var text strings.Builder
	text.WriteString("policies:\n")
	policy := func(name, when, label string) {
		fmt.Fprintf(&text, "  - name: %s\n    on: com.github.issues.opened\n", name)
		if when != "" {
			fmt.Fprintf(&text, "    when: '%s'\n", when)
		}
		fmt.Fprintf(&text, "    do: {action: github.issue.label, with: {add: [%s]}}\n    capability: error-recovery\n    autonomy: L5\n", label)
	}
	for i, r := range rs {
		policy(fmt.Sprintf("rule-%d", i), fmt.Sprintf(
			`event.issue.comments >= %d && event.issue.labels.exists(l, l.name == "label-%d") && event.repository.full_name == "octo/repo-%d"`,
			r.comments, r.label, r.repository), "never")
	}
	policy("triage", "", labelAdded)
	if err := os.MkdirAll(filepath.Join(dir, "policies"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "autonomy.yaml"), []byte(trusted), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "policies", "bench.yaml"), []byte(text.String()), 0o600)
}

// writeRules writes the same for json-rules-engine.
func writeRules(path string, rs []rule) error {
	type object = map[string]any
	isType := object{"fact": "type", "operator": "equal", "value": "issues.opened"}
	build := func(label string, conditions ...object) object {
		return object{
			"conditions": object{"all": append([]object{isType}, conditions...)},
			"event":      object{"type": "label", "params": object{"label": label}},
		}
	}
	all := []object{build(labelAdded)}
	for _, r := range rs {
		all = append(all, build("never",
			object{"fact": "event", "path": "$.issue.comments", "operator": "greaterThanInclusive", "value": r.comments},
			object{"fact": "event", "path": "$.issue.labels[*].name", "operator": "contains", "value": fmt.Sprintf("label-%d", r.label)},
			object{"fact": "event", "path": "$.repository.full_name", "operator": "equal", "value": fmt.Sprintf("octo/repo-%d", r.repository)},
		))
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
