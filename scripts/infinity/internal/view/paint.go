package view

import (
	"fmt"
	"strings"
	"time"
)

// Style is how text is set off.
type Style string

// The styles, as SGR parameters (ECMA-48, 8.3.117).
const (
	Plain  Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// Paint colours text if it is true.
type Paint bool

// As returns text in style s.
func (p Paint) As(s Style, text string) string {
	if !p || s == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// states are the words that have a colour of their own.
var states = map[string]Style{
	"succeeded": Green, "Automatic": Green, "reverted": Green,
	"waiting": Yellow, "Alert": Yellow, "Manual": Yellow, "ready": Yellow, "running": Yellow, "verifying": Yellow,
	"done": Green, "compensating": Yellow, "reverting": Yellow, "undone": Green, "stuck": Red,
	"failed": Red, "uncertain": Red, "revert_failed": Red, "blocked": Red,
	"rejected": Dim, "expired": Dim, "superseded": Dim, "planned": Dim, "Observe": Dim, "Record": Dim,
}

// State colours text if it is the name of a state or category.
func (p Paint) State(text string) string { return p.As(states[text], text) }

// Age says how long before now at was, in its largest unit: "5s", "3m", "2h",
// "4d". A time to come is "in 5m"; the zero time is "".
func Age(now, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	d := now.Sub(at)
	if d <= -time.Second {
		return "in " + span(-d)
	}
	return span(max(d, 0))
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// Short is the beginning of an id that people see; the gateway takes it as well.
func Short(id string) string {
	if len(id) > 10 {
		return id[:10]
	}
	return id
}

// Indent puts prefix before each line of text.
func Indent(text, prefix string) string {
	return prefix + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+prefix)
}
