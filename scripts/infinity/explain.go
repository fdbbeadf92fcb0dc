package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// explainer draws why something was decided.
type explainer struct {
	paint view.Paint
	typed string // as in app
}

// maxFact is the longest value of a fact that is shown.
const maxFact = 60

// decision draws d with what became of its executions.
func (e explainer) decision(now time.Time, d decision.Decision, executions map[string]execution.Execution) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Decision %s: %s\n", e.paint.As(view.Bold, view.Short(d.ID)), e.paint.State(d.Category))
	fmt.Fprintf(&b, "  on      %s, event %s, %s ago\n", typeName(d.EventType), view.Short(d.EventID), view.Age(now, d.DecidedAt))
	where := []string{}
	for _, part := range []string{d.Repository, d.Subject} {
		if part != "" {
			where = append(where, view.Clean(part))
		}
	}
	if d.Author != "" {
		where = append(where, "by "+view.Clean(d.Author))
	}
	fmt.Fprintf(&b, "  about   %s\n", strings.Join(where, ", "))
	if d.Cause != "" {
		fmt.Fprintf(&b, "  cause   our own execution %s, hop %d\n", view.Short(d.Cause), d.Hop)
	}
	if d.Note != "" {
		fmt.Fprintf(&b, "  note    %s\n", view.Clean(d.Note))
	}
	if len(d.Unanswered) > 0 {
		fmt.Fprintf(&b, "  matched, but answer no own events: %s\n", strings.Join(d.Unanswered, ", "))
	} else if len(d.Proposals) == 0 {
		b.WriteString("\nNo policy matched. `" + e.typed + " why " + view.Short(d.ID) + " --policy NAME` says why one of them did not.\n")
	}
	for _, f := range d.Failures {
		fmt.Fprintf(&b, "\nPolicy %s could not be evaluated, so it did not match: %s\n", f.Policy, view.Clean(f.Error))
	}
	for _, p := range d.Proposals {
		b.WriteString("\n" + e.policy(p.Explanation))
		fmt.Fprintf(&b, "  proposes   %s\n", proposed(p))
		fmt.Fprintf(&b, "  category   %s: %s\n", e.paint.State(p.Category), because(p.Level, p.Category))
		b.WriteString(e.bounds(p.Level, p.Bounds))
		e.fate(&b, p, executions)
	}
	return b.String()
}

// fate says what became of a proposal.
func (e explainer) fate(b *strings.Builder, p decision.Proposal, executions map[string]execution.Execution) {
	x, ok := executions[p.ExecutionID]
	switch {
	case p.Steps != nil:
		e.stepsFate(b, p, executions)
	case ok:
		fmt.Fprintf(b, "  execution  %s %s on %s", view.Short(x.ID), e.paint.State(string(x.State)), view.Clean(x.Resource))
		if x.Reason != "" {
			fmt.Fprintf(b, ": %s", view.Clean(x.Reason))
		}
		b.WriteByte('\n')
		if x.Result != nil && x.Result.URL != "" {
			fmt.Fprintf(b, "  result     %s\n", view.Clean(x.Result.URL))
		}
		e.answers(b, "  %-10s ", x)
	case p.ExecutionID != "":
		fmt.Fprintf(b, "  execution  %s (would be)\n", view.Short(p.ExecutionID))
	}
	if p.Note != "" {
		fmt.Fprintf(b, "  note       %s\n", view.Clean(p.Note))
	}
}

// answers says what a person can answer to x; label is how its name is set.
func (e explainer) answers(b *strings.Builder, label string, x execution.Execution) {
	id := view.Short(x.ID)
	switch {
	case x.State == execution.Waiting:
		fmt.Fprintf(b, label+"%s approve %s · %s reject %s --reason …\n", "answer", e.typed, id, e.typed, id)
	case x.State == execution.Succeeded && x.Reversible && x.Intent > 0:
		fmt.Fprintf(b, label+"%s revert %s --reason …\n", "undo", e.typed, id)
	case x.State == execution.RevertFailed:
		fmt.Fprintf(b, label+"%s revert %s --reason …\n", "retry", e.typed, id)
	}
}

// stepsFate says what became of a proposal of several steps.
func (e explainer) stepsFate(b *strings.Builder, p decision.Proposal, executions map[string]execution.Execution) {
	if p.WorkflowID != "" {
		fmt.Fprintf(b, "  workflow   %s (%s workflow %s)\n", view.Short(p.WorkflowID), e.typed, view.Short(p.WorkflowID))
	}
	for i, s := range p.Steps {
		if s.ExecutionID == "" {
			continue
		}
		fmt.Fprintf(b, "  step %-5d %s\n", i+1, e.step(s.Action, s.ExecutionID, executions[s.ExecutionID], ""))
		if s.Note != "" {
			fmt.Fprintf(b, "             %s\n", view.Clean(s.Note))
		}
	}
	e.answers(b, "  %-10s ", executions[p.ExecutionID])
}

// proposed names what p would do.
func proposed(p decision.Proposal) string {
	if p.Steps == nil {
		return p.Action
	}
	names := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		names[i] = s.Action
	}
	return strings.Join(names, ", then ")
}

// policy draws one policy's explanation.
func (e explainer) policy(x policy.Explanation) string {
	var b strings.Builder
	verdict := e.paint.As(view.Green, "matched")
	if !x.Matched {
		verdict = e.paint.As(view.Yellow, "did not match")
	}
	fmt.Fprintf(&b, "Policy %s %s  %s\n", e.paint.As(view.Bold, x.Policy), verdict,
		e.paint.As(view.Dim, fmt.Sprintf("%s:%d", x.File, x.Line)))
	if x.Error != "" {
		fmt.Fprintf(&b, "  error      %s\n", e.paint.As(view.Red, view.Clean(x.Error)))
	}
	if x.Root.Source != "" {
		b.WriteString(view.Indent(e.tree(x.Root).Draw(), "  ") + "\n")
	}
	if x.Change != "" {
		fmt.Fprintf(&b, "  otherwise  %s\n", view.Clean(x.Change))
	}
	return b.String()
}

func (e explainer) tree(n policy.Node) view.Tree {
	style := map[string]view.Style{"true": view.Green, "false": view.Yellow}[n.Value]
	text := view.Clean(strings.Join(strings.Fields(n.Source), " ")) + "  = " + e.paint.As(style, view.Clean(n.Value))
	t := view.Tree{Text: text}
	for _, name := range slices.Sorted(maps.Keys(n.Facts)) {
		t.Children = append(t.Children, view.Tree{Text: e.paint.As(view.Dim, view.Clean(name)+" is "+fact(n.Facts[name]))})
	}
	for _, child := range n.Children {
		t.Children = append(t.Children, e.tree(child))
	}
	return t
}

// fact is a value as JSON, cut to what a line takes.
func fact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return view.Fit(string(text), maxFact)
}

// because says why a level gave a category (DESIGN, section 3).
func because(level, category string) string {
	switch execution.Category(category) {
	case execution.Automatic:
		if level == "L4" {
			return "level L4 runs what can be undone"
		}
		return "level " + level + " runs within its limits"
	case execution.Alert:
		return "level " + level + " cannot undo this: it runs when the veto window ends, unless somebody vetoes"
	case execution.Manual:
		return "level " + level + " waits for an approval"
	default:
		return "level " + level + " records only"
	}
}
