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
	Actions  []string          // one for each step
	Wants    bool              // false: it does not match, or it cannot act
	Args     []json.RawMessage // one for each step; nil: not known, since it has no execution of its own
	Effects  []string          // the effect keys that are known
	Level    string
	Category string
	Error    string // why its condition could not be evaluated
	Note     string // why it has no execution of its own
}

// maxArgs is how many characters of a step's arguments are shown.
const maxArgs = 300

// String is the answer in words.
func (a Answer) String() string {
	switch {
	case a.Error != "":
		return "cannot be evaluated: " + a.Error
	case len(a.Actions) == 0:
		return "no match"
	case !a.Wants:
		return "matches, but cannot act: " + a.Note
	}
	steps := slices.Clone(a.Actions)
	for i := range steps {
		if len(a.Args) == len(steps) { // all are known
			steps[i] += shown(a.Args[i])
		}
	}
	return a.Level + " " + a.Category + " " + strings.Join(steps, ", then ")
}

// shown is what is shown of a step's arguments after its action.
func shown(args json.RawMessage) string {
	if len(args) == 0 || string(args) == "{}" {
		return ""
	}
	if runes := []rune(string(args)); len(runes) > maxArgs {
		return " " + string(runes[:maxArgs]) + "…"
	}
	return " " + string(args)
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
	case !slices.Equal(then.Actions, now.Actions) || !sameArgs(then, now):
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
	if len(then.Args) != len(now.Args) {
		return true // of a workflow, steps that were done before are not there
	}
	return slices.EqualFunc(then.Args, now.Args, sameJSON)
}

func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// answersOf returns d's answers by policy; own are the executions that its
// policies have by themselves, in the order of their steps.
func answersOf(d decision.Decision, own map[string][]execution.Execution) map[string]Answer {
	answers := make(map[string]Answer, len(d.Proposals)+len(d.Failures))
	for _, f := range d.Failures {
		answers[f.Policy] = Answer{Error: f.Error}
	}
	for _, p := range d.Proposals {
		a := Answer{Actions: []string{p.Action}, Effects: p.Executions(), Level: p.Level, Category: p.Category, Note: p.Note}
		a.Wants = len(a.Effects) > 0 || p.Doubled
		for i, step := range p.Steps {
			if i > 0 { // the first is p.Action
				a.Actions = append(a.Actions, step.Action)
			}
		}
		for _, x := range own[p.Policy] {
			a.Args = append(a.Args, x.Args)
		}
		answers[p.Policy] = a
	}
	return answers
}
