package policy_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// one returns a file of one policy, good but for what with changes.
func one(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`policies:
  - name: good
    on: com.github.issues.opened
    when: event.issue.number > 3
    do: {action: github.issue.comment, with: {body: hi}}
    autonomy: L4
    limits: {total: 2/1h}
    capability: error-recovery
`)
}

func TestFindings(t *testing.T) {
	t.Parallel()
	const when = "event.issue.number > 3"
	tests := map[string]struct{ file, want string }{
		"empty":              {"", "1:1: the file is empty"},
		"not YAML":           {"policies: [", "2:1: the file is not valid YAML: did not find expected node content"},
		"not an object":      {"[1]", "1:1: the file is of type array; it has to be object"},
		"other top level":    {"policys: []", "1:1: the file has no \"policys\"; did you mean \"policies\"?\np.yaml:1:1: the file lacks \"policies\""},
		"second document":    {one() + "---\npolicies: []\n", `9:1: the file holds a second document; write it to a file of its own`},
		"duplicate key":      {one("limits: {total: 2/1h}", "autonomy: L5"), `7:5: "autonomy" is there twice, first in line 6; take one of them out`},
		"duplicate name":     {one() + "  - {name: good, on: com.github.push, do: github.workflow.rerun_failed_jobs, capability: error-recovery, autonomy: L1}\n", `9:12: the name "good" is taken by p.yaml:2; names are unique among all files`},
		"alias":              {"a: &x [1]\nb: *x\n", "1:4: anchors (&x) are not read; write the value out where it is needed\np.yaml:2:4: aliases (*x) are not read; write the value out"},
		"tag":                {one("name: good", "name: !secret good"), "2:11: the tag !secret is not read; take the tag out"},
		"no name":            {one("name: good\n    on", "on"), `2:5: the policy lacks "name"`},
		"unknown field":      {one("limits", "limts"), `7:5: a policy has no "limts"; did you mean "limits"?`},
		"unknown event":      {one("issues.opened", "issue.opened"), `3:9: the event "com.github.issue.opened" is unknown; did you mean "com.github.issues.opened"?`},
		"unknown wildcard":   {one("issues.opened", "isues.*"), `3:9: the event "com.github.isues.*" is unknown; did you mean "com.github.issues.*"?`},
		"dispatch action":    {one("issues.opened", "repository_dispatch.*", when, `meta.hop == "x"`), `4:20: found no matching overload for '_==_' applied to '(int, string)' in com.github.repository_dispatch`},
		"unknown action":     {one("github.issue.comment", "github.issue.coment"), `5:18: the action "github.issue.coment" is unknown; did you mean "github.issue.comment"?`},
		"unknown argument":   {one("{body: hi}", "{body: hi, bdy: x}"), "5:57: the action has no argument \"bdy\"; `infinity policy schema` lists the arguments"},
		"missing argument":   {one(", with: {body: hi}", ""), `5:9: do lacks "with"`},
		"argument's type":    {one("{body: hi}", "{body: 3}"), `5:53: body is of type number; it has to be string`},
		"decide":             {one("limits: {total: 2/1h}", "decide: {classifier: x}"), `7:5: "decide" steps are not read yet; take it out; rules alone decide`},
		"no capability":      {one("    capability: error-recovery\n", ""), `2:5: the policy lacks "capability"`},
		"unknown capability": {one("error-recovery", "error-recovry"), `8:17: there is no capability "error-recovry"; did you mean "error-recovery"?`},
		"unknown level":      {one("L4", "L7"), `6:15: the level "L7" is unknown; write one of L1, L2, L3, L4 and L5`},
		"limit":              {one("2/1h", "twice"), `7:21: total is "twice": that is no rate; write how often in which time, as "2/1h"`},
		"limit of 0":         {one("2/1h", "0/1h"), `7:21: total is "0/1h": a rate of 0 times lets nothing ever run; to switch something off, take it out`},
		"limit of 1001":      {one("2/1h", "1001/1h"), `7:21: total is "1001/1h": a rate has at most 1000 times; leave the limit out if there is to be none`},
		"limit of many":      {one("2/1h", "99999999999999999999/1h"), `7:21: total is "99999999999999999999/1h": a rate has at most 1000 times`},
		"limit with 0 lead":  {one("2/1h", "02/1h"), `7:21: total is "02/1h": that is no rate; write how often`},
		"limit in no time":   {one("2/1h", "2/0s"), `7:21: total: a rate in no time bounds nothing; write how often in which time, as "2/1h"`},
		"limit in 91 days":   {one("2/1h", "2/2184h"), `7:21: total: a rate is over at most 90 days (2160h)`},
		"limit in 10 ages":   {one("2/1h", "2/9999999999999999h"), `7:21: total: a rate is over at most 90 days (2160h)`},
		"unknown limit":      {one("total", "totl"), `7:14: limits have no "totl"; did you mean "total"?`},
		"syntax":             {one(when, "event.issue.number >"), `4:31: syntax error: mismatched input '<EOF>' expecting`},
		"unknown field CEL":  {one(when, "event.issue.nmber > 3"), `4:22: undefined field 'nmber'; did you mean "number"?`},
		"unknown variable":   {one(when, "evnt.issue.number > 3"), `4:11: undeclared reference to 'evnt' (did you mean 'event'?)`},
		"type":               {one(when, `event.issue.number > "3"`), `4:30: found no matching overload for '_>_' applied to '(int, string)'`},
		"not a truth value":  {one(when, "event.issue.number"), `4:11: the condition gives a value of type int; it has to be true or false`},
		"bad expression":     {one(when, `event.issue.title.matches("(")`), `4:37: invalid matches argument`},
		"chosen pattern":     {one(when, `event.issue.title.matches(event.issue.body)`), `4:48: the pattern of matches has to be written out`},
		"too costly":         {one(when, `event.issue.labels.exists(a, event.issue.assignees.exists(b, event.issue.body.contains(event.issue.title + a.name + b.login)))`), `4:11: the condition may cost`},
		"too deep":           {one(when, strings.Repeat("[", 100)+strings.Repeat("]", 100)), `4:41: the file is nested deeper than 32 levels`},
		"too long":           {one(when, `event.issue.title == "`+strings.Repeat("x", 5000)+`"`), `4:11: `},
		"block text":         {one("when: "+when, "when: |\n      event.issue.number > 3 &&\n        event.issue.nmber > 3"), `6:20: undefined field 'nmber'; did you mean "number"?`},
		"open template":      {one("{body: hi}", `{body: "${x"}`), `5:54: "${" is not closed; write "$${" for the two characters themselves`},
		"template":           {one("{body: hi}", `{body: "hi ${event.issu.title}"}`), `5:64: undefined field 'issu'; did you mean "issue"?`},
		"large":              {strings.Repeat("# 0123456789\n", 90_000), `1:1: the file has 524289 bytes; at most 524288 are read; split it into several files`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := policy.Load(fstest.MapFS{"policies/p.yaml": {Data: []byte(tt.file)}}, specs())
			var findings policy.Findings
			if set != nil || !errors.As(err, &findings) {
				t.Fatalf("Load = %v, %v; want findings and no set", set, err)
			}
			got := strings.ReplaceAll(err.Error(), "policies/p.yaml:", "p.yaml:")
			want := "p.yaml:" + tt.want
			if !strings.HasPrefix(got, want) {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
}

func TestGoodFileLoads(t *testing.T) {
	t.Parallel()
	set, err := load(t, one())
	if err != nil {
		t.Fatal(err)
	}
	other, err := load(t, one("2/1h", "3/1h"))
	if err != nil {
		t.Fatal(err)
	}
	moved, err := load(t, "# a comment\n"+one())
	if err != nil {
		t.Fatal(err)
	}
	if set.Digest() == other.Digest() || set.Digest() != moved.Digest() {
		t.Errorf("digests %s, other limit %s, only moved %s", set.Digest(), other.Digest(), moved.Digest())
	}
}

func TestLimitsAtTheirBounds(t *testing.T) {
	t.Parallel()
	set, err := load(t, one("2/1h", "1000/2160h"))
	if err != nil {
		t.Fatal(err)
	}
	want := &policy.Rate{N: 1000, Per: 90 * 24 * time.Hour}
	if diff := cmp.Diff(want, set.Policies()[0].Limits.Total); diff != "" {
		t.Error(diff)
	}
	made := source(0, "")
	made.Limits.PerResource = &policy.Rate{N: 1}
	if findings := set.Add(made); len(findings) != 1 || findings[0].Message != "per_resource: a rate in no time bounds nothing" {
		t.Errorf("findings = %v", findings)
	}
}
