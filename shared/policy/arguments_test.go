package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// TestArgumentFindings are the mistakes that no event's values would mend.
func TestArgumentFindings(t *testing.T) {
	t.Parallel()
	const comment = "{action: github.issue.comment, with: {body: hi}}"
	many := func(with string) string {
		return one(comment, "{action: test.many, with: {"+with+"}}")
	}
	tests := map[string]struct{ file, want string }{
		"name alone":        {one(comment, "github.issue.comment"), `5:9: with lacks "body"`},
		"number for text":   {one("{body: hi}", `{body: "${event.issue.number}"}`), `5:56: the expression gives a value of type int; body has to be string; write string( ) around it`},
		"text for a list":   {one(comment, `{action: github.issue.label, with: {add: "${event.issue.title}"}}`), `5:53: the expression gives a value of type string; add has to be array; write it as an element: ["${ }"]`},
		"list in a list":    {one(comment, `{action: github.issue.label, with: {add: ["${event.issue.labels}"]}}`), `5:54: the expression gives a value of type list; 0 has to be string`},
		"number for a word": {one(comment, `{action: github.pull_request.merge, with: {method: "${event.issue.number}"}}`), `5:63: method is `},
		"literal for word":  {one(comment, `{action: github.pull_request.merge, with: {method: "$${x}"}}`), `5:61: method is "${x}"; it has to be one of merge, squash, rebase`},
		"text for truth":    {many(`flag: "${event.issue.title}", count: 3`), `5:45: the expression gives a value of type string; flag has to be boolean`},
		"joined for number": {many(`flag: true, count: "1${event.issue.number}"`), `5:59: the expression gives a value of type text; count has to be integer`},
		"too long already":  {many(`flag: true, short: "abcdef${event.action}"`), `5:64: short: maxLength: got 6, want 5`},
		"too few":           {many(`flag: "${event.issue.locked}"`), `5:35: with: minProperties: got 1, want 2`},
		"neither":           {many(`flag: true, either: "${event.issue.title}"`), `5:59: the expression gives a value of type string; either has to be integer`},
		"in a member":       {many(`flag: true, map: {a: "${event.issue.number}"}`), `5:60: the expression gives a value of type int; a has to be string`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.file)
			if err == nil {
				t.Fatal("no finding")
			}
			if got := strings.ReplaceAll(err.Error(), "policies/p.yaml:", ""); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestArgumentsThatMayFit would find a policy that is refused although an
// event's values can make its arguments fit.
func TestArgumentsThatMayFit(t *testing.T) {
	t.Parallel()
	for _, with := range []string{
		`flag: "${event.issue.locked}", count: "${event.issue.number}"`,
		`flag: true, count: "${event.issue.number * 2}"`,
		`flag: true, count: "${dyn(event).anything}"`,
		`flag: true, short: "${event.issue.title}"`,
		`flag: true, short: "b${event.issue.title}"`,
		`flag: true, set: ["${event.action}", "${event.issue.state}"]`,
		`flag: true, set: ["x${event.action}", "y"]`,
		`flag: true, either: "${event.issue.number}"`,
		`flag: true, either: "${event.issue.labels}"`,
		`flag: true, map: {a: "${event.issue.title}", b: "n${event.issue.number}"}`,
	} {
		if _, err := load(t, one("{action: github.issue.comment, with: {body: hi}}", "{action: test.many, with: {"+with+"}}")); err != nil {
			t.Errorf("%s: %v", with, err)
		}
	}
}

// TestMatchSaysWhichArgumentDoesNotFit is what is left to the event.
func TestMatchSaysWhichArgumentDoesNotFit(t *testing.T) {
	t.Parallel()
	set, err := load(t, one("{action: github.issue.comment, with: {body: hi}}", `{action: test.many, with: {flag: true, count: "${event.issue.number}"}}`, "event.issue.number > 3", "event.issue.number > 0"))
	if err != nil {
		t.Fatal(err)
	}
	got := set.Match(input(t, "issues", "opened"))
	if len(got) != 1 || got[0].Err == nil || !strings.Contains(got[0].Err.Error(), "count: minimum") {
		t.Errorf("matches = %+v", got)
	}
}

// TestAddChecksArguments would find that only files are checked.
func TestAddChecksArguments(t *testing.T) {
	t.Parallel()
	for with, want := range map[string]string{
		`{}`:                       `with lacks "body"`,
		`{"body":3}`:               `body is of type number; it has to be string`,
		`{"body":"a","more":true}`: `the action has no argument "more"`,
	} {
		s := source(0, "")
		s.Do[0].Action = "github.issue.comment"
		if err := json.Unmarshal([]byte(with), &s.Do[0].With); err != nil {
			t.Fatal(err)
		}
		set, err := policy.NewSet(specs())
		if err != nil {
			t.Fatal(err)
		}
		if findings := set.Add(s); len(findings) != 1 || findings[0].Message != want || len(set.Policies()) != 0 {
			t.Errorf("%s: findings %v, want %s", with, findings, want)
		}
	}
}
