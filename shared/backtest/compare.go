package backtest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

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
	Action   string
	Args     json.RawMessage // nil: not known, since it has no execution of its own
	Effect   string          // the effect key; "" if it wants nothing, or cannot
	Later    []string        // the effect keys of the steps after the first
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
	case a.Effect == "":
		return "matches, but cannot act: " + a.Note
	}
	text := a.Level + " " + a.Category + " " + a.Action
	if len(a.Args) > 0 && !bytes.Equal(a.Args, []byte("{}")) {
		args := []rune(string(a.Args))
		if len(args) > maxArgs {
			args = append(args[:maxArgs], '…')
		}
		text += " " + string(args)
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
	case then.Effect == "" && now.Effect != "":
		return New
	case then.Effect != "" && now.Effect == "":
		return Gone
	case now.Effect == "":
		return ""
	case then.Action != now.Action || !sameArgs(then, now) || !slices.Equal(then.Later, now.Later):
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
		return then.Effect == now.Effect
	}
	if bytes.Equal(then.Args, now.Args) {
		return true
	}
	var a, b any
	if json.Unmarshal(then.Args, &a) != nil || json.Unmarshal(now.Args, &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// answersOf returns d's answers by policy; own are the executions that its
// policies have by themselves.
func answersOf(d decision.Decision, own map[string]*execution.Execution) map[string]Answer {
	answers := make(map[string]Answer, len(d.Proposals)+len(d.Failures))
	for _, f := range d.Failures {
		answers[f.Policy] = Answer{Error: f.Error}
	}
	for _, p := range d.Proposals {
		a := Answer{Action: p.Action, Effect: p.ExecutionID, Level: p.Level, Category: p.Category, Note: p.Note}
		for _, s := range p.Steps[min(1, len(p.Steps)):] {
			a.Action, a.Later = a.Action+", then "+s.Action, append(a.Later, s.ExecutionID)
		}
		if x := own[p.Policy]; x != nil {
			a.Args = x.Args
		}
		answers[p.Policy] = a
	}
	return answers
}
