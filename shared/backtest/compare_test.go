package backtest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	wants := func(change func(*backtest.Answer)) backtest.Answer {
		a := backtest.Answer{Actions: []string{"a"}, Args: []json.RawMessage{[]byte(`{"x":1,"y":[2]}`)}, Wants: true, Effects: []string{"x1"}, Level: "L4", Category: "Alert"}
		change(&a)
		return a
	}
	as := wants(func(*backtest.Answer) {})
	none, failed, cannot := backtest.Answer{}, backtest.Answer{Error: "no such key"}, backtest.Answer{Actions: []string{"a"}, Level: "L4", Note: "names no issue"}
	for name, c := range map[string]struct {
		then, now backtest.Answer
		want      backtest.Kind
	}{
		"nothing, nothing":          {none, none, ""},
		"the same":                  {as, as, ""},
		"new":                       {none, as, backtest.New},
		"gone":                      {as, none, backtest.Gone},
		"can act now":               {cannot, as, backtest.New},
		"cannot act now":            {as, cannot, backtest.Gone},
		"cannot act, no match":      {cannot, none, ""},
		"fails now":                 {as, failed, backtest.Failing},
		"failed then":               {failed, none, backtest.Mended},
		"failed and wants":          {failed, as, backtest.Mended},
		"fails still":               {failed, failed, ""},
		"level":                     {as, wants(func(a *backtest.Answer) { a.Level = "L5" }), backtest.Level},
		"category":                  {as, wants(func(a *backtest.Answer) { a.Category = "Automatic" }), backtest.Level},
		"another action":            {as, wants(func(a *backtest.Answer) { a.Actions = []string{"b"} }), backtest.Action},
		"action before level":       {as, wants(func(a *backtest.Answer) { a.Actions, a.Level = []string{"b"}, "L1" }), backtest.Action},
		"other arguments":           {as, wants(func(a *backtest.Answer) { a.Args = []json.RawMessage{[]byte(`{"x":1,"y":[3]}`)} }), backtest.Action},
		"arguments written newly":   {as, wants(func(a *backtest.Answer) { a.Args = []json.RawMessage{[]byte(`{ "y": [2], "x": 1 }`)} }), ""},
		"another key of the same":   {as, wants(func(a *backtest.Answer) { a.Effects = []string{"x2"} }), ""},
		"args unknown, same effect": {as, wants(func(a *backtest.Answer) { a.Args = nil }), ""},
		"args unknown, another":     {as, wants(func(a *backtest.Answer) { a.Args, a.Effects = nil, []string{"x2"} }), backtest.Action},
		"a step less, done before":  {as, wants(func(a *backtest.Answer) { a.Args = []json.RawMessage{} }), ""},
		"effects unknown":           {as, wants(func(a *backtest.Answer) { a.Args, a.Effects = nil, nil }), ""},
		"args that are no JSON":     {as, wants(func(a *backtest.Answer) { a.Args = []json.RawMessage{[]byte(`{`)} }), backtest.Action},
	} {
		if got := backtest.Compare(c.then, c.now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAnswersInWords(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]backtest.Answer{
		"no match":                                      {},
		"cannot be evaluated: no such key":              {Error: "no such key"},
		"matches, but cannot act: no issue":             {Actions: []string{"a"}, Note: "no issue"},
		`L4 Alert a {"x":1}, then b`:                    {Actions: []string{"a", "b"}, Wants: true, Level: "L4", Category: "Alert", Args: []json.RawMessage{[]byte(`{"x":1}`), []byte("{}")}},
		"L4 Alert a, then b":                            {Actions: []string{"a", "b"}, Wants: true, Level: "L4", Category: "Alert", Args: []json.RawMessage{[]byte(`{"x":1}`)}},
		"L4 Alert a":                                    {Actions: []string{"a"}, Wants: true, Level: "L4", Category: "Alert", Args: []json.RawMessage{[]byte("{}")}},
		`L5 Automatic a {"labels":["crash"]}`:           {Actions: []string{"a"}, Wants: true, Level: "L5", Category: "Automatic", Args: []json.RawMessage{[]byte(`{"labels":["crash"]}`)}},
		`L4 Alert a "` + strings.Repeat("ö", 299) + "…": {Actions: []string{"a"}, Wants: true, Level: "L4", Category: "Alert", Args: []json.RawMessage{[]byte(`"` + strings.Repeat("ö", 400) + `"`)}},
	} {
		if got := a.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestOpinionOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		x    execution.Execution
		want backtest.Opinion
	}{
		"none":               {execution.Execution{}, backtest.None},
		"approved":           {execution.Execution{State: execution.Succeeded, Category: execution.Manual, Answer: "approved by key:bob"}, backtest.Agreed},
		"approved, failed":   {execution.Execution{State: execution.Failed, Category: execution.Manual, Answer: "approved by key:bob"}, backtest.Agreed},
		"not vetoed":         {execution.Execution{State: execution.Succeeded, Category: execution.Alert, Answer: "nobody vetoed in time"}, backtest.Agreed},
		"automatic":          {execution.Execution{State: execution.Succeeded, Category: execution.Automatic}, backtest.None},
		"rejected":           {execution.Execution{State: execution.Rejected, Category: execution.Manual, Answer: "rejected by key:bob"}, backtest.Disagreed},
		"had undone":         {execution.Execution{State: execution.Reverted, Category: execution.Automatic, Undo: &execution.Undo{By: "key:bob"}}, backtest.Disagreed},
		"wants undone":       {execution.Execution{State: execution.Reverting, Category: execution.Alert, Answer: "nobody vetoed in time", Undo: &execution.Undo{By: "key:bob"}}, backtest.Disagreed},
		"undone by workflow": {execution.Execution{State: execution.Reverted, Category: execution.Alert, Answer: "nobody vetoed in time", Undo: &execution.Undo{By: execution.ActorWorkflow}}, backtest.Agreed},
		"nobody answered":    {execution.Execution{State: execution.Expired, Category: execution.Manual, Answer: "nobody approved in time"}, backtest.None},
		"asked again":        {execution.Execution{State: execution.Waiting, Category: execution.Manual, Answer: "approved by key:bob"}, backtest.None},
		"blocked, not asked": {execution.Execution{State: execution.Blocked, Category: execution.Automatic}, backtest.None},
	} {
		if got := backtest.OpinionOf(c.x); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
