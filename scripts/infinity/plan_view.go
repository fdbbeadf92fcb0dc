package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
)

// kindWords say what a change is.
var kindWords = map[backtest.Kind]string{
	backtest.New: "new", backtest.Gone: "gone", backtest.Level: "other level", backtest.Action: "other action or arguments",
	backtest.Failing: "its condition fails", backtest.Mended: "its condition failed, and does not now",
}

// maxAnswer is how much of an answer is shown.
const maxAnswer = 100

// planView draws the report of a back-test.
type planView struct {
	paint view.Paint
	typed string // as in app
	what  string // which policies were run
	total int    // how many there are; 0: not known
}

func (v *planView) draw(r backtest.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s over %s since %s, against what was decided:\n", v.what, count(r.Events, "event"), r.Since.Local().Format("2 Jan 15:04"))
	if r.Note != "" {
		fmt.Fprintf(&b, "  %s\n", view.Clean(r.Note))
	}
	width := 0
	for _, p := range r.Policies {
		width = min(max(width, len(p.Policy)), 30)
	}
	for _, p := range r.Policies {
		v.policy(&b, p, width)
	}
	b.WriteString(v.silent(r))
	verdict := "Nothing would change."
	if !r.Same() {
		verdict = fmt.Sprintf("%s of %d would be answered otherwise.", count(r.Changed, "event"), r.Events)
	}
	fmt.Fprintf(&b, "%s%s\n", verdict, leftOut(r))
	return b.String()
}

// silent says how many policies have nothing to say.
func (v *planView) silent(r backtest.Report) string {
	matched := 0
	for _, p := range r.Policies {
		if p.Now > 0 {
			matched++
		}
	}
	switch none := v.total - matched; {
	case len(r.Policies) == 0:
		return "  none of them matched, then or now\n"
	case none > 0 && v.total > 1:
		return fmt.Sprintf("  %s of these %d matched none of the events\n", counted(none, "policy", "policies"), v.total)
	}
	return ""
}

func (v *planView) policy(b *strings.Builder, p backtest.PolicyReport, width int) {
	mark := " "
	if len(p.Changes) > 0 {
		mark = v.paint.As(view.Yellow, "~")
	}
	name := p.Policy + strings.Repeat(" ", max(width-len(p.Policy), 0))
	fmt.Fprintf(b, "%s %s  %s\n", mark, v.paint.As(view.Bold, name), verdict(p))
	if len(p.Changes) == 0 {
		return
	}
	var changes []string
	for _, kind := range backtest.Kinds {
		if n := p.Changes[kind]; n > 0 {
			changes = append(changes, fmt.Sprintf("%s %d", kindWords[kind], n))
		}
	}
	fmt.Fprintf(b, "    %s (wanted something of %s then, of %d now)\n", strings.Join(changes, ", "), count(p.Then, "event"), p.Now)
	for _, x := range p.Examples {
		v.example(b, x)
	}
	if total := sum(p.Changes); total > len(p.Examples) && len(p.Examples) > 0 {
		fmt.Fprintf(b, "    … and %d more; --policy %s --examples %d shows them\n", total-len(p.Examples), p.Policy, min(total, 100))
	}
}

func (v *planView) example(b *strings.Builder, x backtest.Example) {
	said := ""
	if x.Opinion != backtest.None {
		said = "; people " + string(x.Opinion)
	}
	fmt.Fprintf(b, "    %s, %s%s\n", kindWords[x.Kind], view.Clean(x.Resource), said)
	fmt.Fprintf(b, "      then  %s\n", view.Fit(x.Then, maxAnswer))
	fmt.Fprintf(b, "      now   %s\n", view.Fit(x.Now, maxAnswer))
	if x.Refused != "" {
		fmt.Fprintf(b, "      would be stopped now: %s\n", view.Clean(x.Refused))
	}
	fmt.Fprintf(b, "      %s\n", v.paint.As(view.Dim, v.typed+" why "+view.Short(x.Event)))
}

// verdict is the sentence on one policy.
func verdict(p backtest.PolicyReport) string {
	var parts []string
	for _, part := range []struct {
		n            int
		before, what string
	}{
		{p.Runs, "would have run ", "time"}, {p.Asks, "would have asked ", "time"}, {p.Records, "would have been recorded ", "time"},
	} {
		if part.n > 0 {
			parts = append(parts, part.before+count(part.n, part.what))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "would have done nothing")
	}
	if p.Stopped > 0 {
		parts = append(parts, fmt.Sprintf("its limits would have stopped %d more", p.Stopped))
	}
	if p.Doubled > 0 {
		parts = append(parts, fmt.Sprintf("%d wanted an effect that was wanted before", p.Doubled))
	}
	if p.Refused > 0 {
		parts = append(parts, fmt.Sprintf("freezes or limits would stop %d of them now", p.Refused))
	}
	return strings.Join(append(parts, said(p)...), ", ")
}

// said is what people said to what the policy would have done.
func said(p backtest.PolicyReport) []string {
	switch {
	case p.Agreed > 0 && p.Disagreed > 0:
		return []string{fmt.Sprintf("people agreed with %d and disagreed with %d", p.Agreed, p.Disagreed)}
	case p.Agreed > 0:
		return []string{fmt.Sprintf("people agreed with %d", p.Agreed)}
	case p.Disagreed > 0:
		return []string{fmt.Sprintf("people disagreed with %d", p.Disagreed)}
	case p.Runs+p.Asks+p.Records > 0:
		return []string{"nobody was asked"}
	}
	return nil
}

// leftOut says what could not be looked at.
func leftOut(r backtest.Report) string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{
		{r.Duplicates, "told of what another told of"}, {r.BodiesGone, "whose body is no longer kept"}, {r.Unreadable, "that cannot be decided"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " Left out: " + strings.Join(parts, ", ") + "."
}

func sum(m map[backtest.Kind]int) int {
	n := 0
	for v := range maps.Values(m) {
		n += v
	}
	return n
}
