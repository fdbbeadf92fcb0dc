package backtest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// Kind is how a policy's answer to an event is another one.
type Kind string

// The kinds, in the order of their weight: a change is told as the first that
// it is.
const (
	Failing Kind = "failing" // its condition cannot be evaluated any more
	Mended  Kind = "mended"  // its condition could not be evaluated, and can
	New     Kind = "new"     // wants something that it did not want
	Gone    Kind = "gone"    // no longer wants what it wanted
	Action  Kind = "action"  // wants another action, or with other arguments
	Level   Kind = "level"   // at another level or in another category
)

// Kinds lists them.
var Kinds = []Kind{Failing, Mended, New, Gone, Action, Level}

// Answer is what a policy makes of one event. The zero value is "it does not
// match".
type Answer struct {
	Action   string          // of several steps: theirs, joined
	Wants    bool            // false: it does not match, or it cannot act
	Args     json.RawMessage // a list, one for each step; nil: not known, since it has no execution of its own
	Effects  []string        // the effect keys that are known
	Level    string
	Category string
	Error    string // why its condition could not be evaluated
	Note     string // why it has no execution of its own
}

// maxArgs is how many characters of the arguments are shown.
const maxArgs = 300

// String is the answer in words.
func (a Answer) String() string {
	switch {
	case a.Error != "":
		return "cannot be evaluated: " + a.Error
	case a.Action == "":
		return "no match"
	case !a.Wants:
		return "matches, but cannot act: " + a.Note
	}
	text := a.Level + " " + a.Category + " " + a.Action
	if args := strings.TrimSuffix(strings.TrimPrefix(string(a.Args), "["), "]"); args != "" && args != "{}" {
		if runes := []rune(args); len(runes) > maxArgs {
			args = string(runes[:maxArgs]) + "…"
		}
		text += " " + args
	}
	return text
}

// Compare says how now differs from then, or "".
func Compare(then, now Answer) Kind {
	switch {
	case then.Error == "" && now.Error != "":
		return Failing
	case then.Error != "" && now.Error == "":
		return Mended
	case !then.Wants && now.Wants:
		return New
	case then.Wants && !now.Wants:
		return Gone
	case !now.Wants:
		return ""
	case then.Action != now.Action || !sameArgs(then, now):
		return Action
	case then.Level != now.Level || then.Category != now.Category:
		return Level
	}
	return ""
}

// sameArgs compares what the actions are called with. Where it is not known of
// both, the effects tell: they are keys of action, resource and target state.
func sameArgs(then, now Answer) bool {
	if then.Args == nil || now.Args == nil {
		return len(then.Effects) == 0 || len(now.Effects) == 0 || then.Effects[0] == now.Effects[0]
	}
	if bytes.Equal(then.Args, now.Args) {
		return true
	}
	var a, b []any
	if json.Unmarshal(then.Args, &a) != nil || json.Unmarshal(now.Args, &b) != nil {
		return false
	}
	return len(a) != len(b) || reflect.DeepEqual(a, b) // of a workflow, steps that were done before are not there
}

// answersOf returns d's answers by policy; own are the executions that its
// policies have by themselves, in the order of their steps.
func answersOf(d decision.Decision, own map[string][]execution.Execution) map[string]Answer {
	answers := make(map[string]Answer, len(d.Proposals)+len(d.Failures))
	for _, f := range d.Failures {
		answers[f.Policy] = Answer{Error: f.Error}
	}
	for _, p := range d.Proposals {
		a := Answer{Action: p.Action, Effects: p.Executions(), Level: p.Level, Category: p.Category, Note: p.Note}
		a.Wants = len(a.Effects) > 0 || p.Doubled
		for i, s := range p.Steps {
			if i > 0 {
				a.Action += ", " + s.Action
			}
		}
		a.Args = argsOf(own[p.Policy])
		answers[p.Policy] = a
	}
	return answers
}

// argsOf lists the arguments of xs; nil if there is none.
func argsOf(xs []execution.Execution) json.RawMessage {
	if len(xs) == 0 {
		return nil
	}
	args := make([][]byte, len(xs))
	for i, x := range xs {
		args[i] = x.Args
	}
	return slices.Concat([]byte("["), bytes.Join(args, []byte(",")), []byte("]"))
}
