package notice

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
)

// maxShown bounds what is shown of the plan, in characters: what a policy takes
// from an event may be long, and GitHub takes 65,536 in all.
const maxShown = 4000

// Text is the comment (GitHub's Markdown) that asks people q, and says until
// when. What outsiders may have written stands in a block of code, which no word
// can leave: it mentions nobody, links nowhere and answers nothing.
func Text(q approval.Approval, c *approval.Config, until time.Time, reminder bool) string {
	var b strings.Builder
	title, end := "waits for an approval", "Without an approval until %s it is not done."
	if q.Category == "Alert" {
		title, end = "runs soon", "It runs at %s, or soon after, unless somebody vetoes it."
	}
	switch {
	case reminder:
		b.WriteString("**Reminder:** ")
		if q.DueAt != nil {
			until = *q.DueAt
		}
	case q.Round > 1:
		b.WriteString("**Asked again, since what would be done has changed; earlier answers no longer count:** ")
	}
	at := ""
	if q.SHA != "" {
		at = " at `" + q.SHA[:min(len(q.SHA), 10)] + "`"
	}
	fmt.Fprintf(&b, "`%s` of policy `%s` %s. It would%s:\n\n%s\n", q.Action, q.Policy, title, at, block(would(q)))
	fmt.Fprintf(&b, end+"\n\n", until.UTC().Format("15:04 UTC on 2 January 2006"))
	if q.Category == "Alert" {
		fmt.Fprintf(&b, "To stop it, comment:\n\n%s", block("/veto "+q.ExecutionID+" <why>"))
		b.WriteString("\nTo let it run at once, comment `/approve` with the same id")
	} else {
		fmt.Fprintf(&b, "To let it run, comment:\n\n%s", block("/approve "+q.ExecutionID))
		fmt.Fprintf(&b, "\nTo stop it, comment:\n\n%s", block("/veto "+q.ExecutionID+" <why>"))
		b.WriteString("\nThe line must stand by itself")
	}
	fmt.Fprintf(&b, "; an edited comment does not count. %s", who(q, c))
	return b.String()
}

// who says who may answer.
func who(q approval.Approval, c *approval.Config) string {
	people, needed := c.May(q)
	if len(people) == 0 {
		return "Nobody may approve it: whoever caused it may only veto."
	}
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = c.Called(p)
	}
	text := strings.Join(names, ", ") + " may approve it"
	if needed > 1 {
		text += fmt.Sprintf(", %d of them must", needed)
	}
	return text + "; whoever caused it may only veto."
}

// would says what the plan, and what follows it, would change.
func would(q approval.Approval) string {
	var lines []string
	if q.Plan != nil {
		for _, e := range q.Plan.Effects {
			change := e.After
			switch {
			case e.After == "":
				change = "no longer " + e.Before
			case e.Before != "":
				change = e.Before + " → " + e.After
			}
			lines = append(lines, fmt.Sprintf("%s on %s: %s", e.Verb, q.Resource, change))
		}
	}
	for _, s := range q.Then {
		lines = append(lines, fmt.Sprintf("then %s on %s: %s", s.Action, s.Resource, s.Args))
	}
	text := []rune(clean(strings.Join(lines, "\n")))
	if len(text) > maxShown {
		return string(text[:maxShown]) + "\n… (`infinity executions` shows all of it)"
	}
	return string(text)
}

// clean takes out what could hide or reorder what people read, and the beginning
// of the marks by which the platform knows its own comments.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	return strings.ReplaceAll(text, "<!--", "<! --")
}

// block fences text by more backticks than it has in a row
// (https://github.github.com/gfm/#fenced-code-blocks).
func block(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + text + "\n" + fence + "\n"
}
