package autonomy_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

type catalog []action.Spec

func (c catalog) Specs() []action.Spec { return c }

var actions = catalog{{Name: "github.issue.comment"}, {Name: "github.issue.label"}, {Name: "github.pull_request.merge"}}

func load(text string) (*autonomy.Matrix, error) {
	return autonomy.Load(fstest.MapFS{autonomy.File: {Data: []byte(text)}}, actions)
}

const good = `authors: {owner: L5, member: L5, collaborator: L4, contributor: L3, none: L2}
capabilities:
  error-recovery:
    level: L4
    actions: [github.issue.*]
    repositories: [octo/*, other/one]
    limits: {per_resource: 1/1h, per_policy: 2/1h, per_repository: 3/1h, per_installation: 4/1h, removals: 5/1h, share: 10%}
    authors: {none: L3}
  error-detection: {level: L5, repositories: ["*/*"]}
  cost-optimization: {level: L5, actions: ["*"], repositories: []}
  data-synchronization: {level: L5, actions: ["*"], repositories: ["*/*"]}
`

func matrix(t *testing.T, text string) *autonomy.Matrix {
	t.Helper()
	m, err := load(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLoad(t *testing.T) {
	t.Parallel()
	m := matrix(t, good)
	per := func(n int) *rate.Rate { return &rate.Rate{N: n, Per: 3_600_000_000_000} }
	want := autonomy.Capability{
		Level: "L4", Actions: []string{"github.issue.*"}, Repositories: []string{"octo/*", "other/one"},
		Limits:  autonomy.Limits{PerResource: per(1), PerPolicy: per(2), PerRepository: per(3), PerInstallation: per(4), Removals: per(5), Share: 10},
		Authors: map[autonomy.Trust]string{autonomy.None: "L3"},
	}
	if diff := cmp.Diff(want, m.Capabilities["error-recovery"]); diff != "" {
		t.Error(diff)
	}
	same := matrix(t, "# a comment\n"+good)
	other := matrix(t, strings.Replace(good, "share: 10%", "share: 11%", 1))
	if m.Digest() != same.Digest() || m.Digest() == other.Digest() || len(m.Digest()) != 64 {
		t.Error("the digest is not that of what the file says")
	}
}

func TestEffective(t *testing.T) {
	t.Parallel()
	m := matrix(t, good)
	ask := func(change func(*autonomy.Question)) autonomy.Verdict {
		q := autonomy.Question{
			Policy: "p", Level: "L5", Capability: "error-recovery", Actions: []string{"github.issue.label"}, Repository: "Octo/hello",
			Author: autonomy.Author{Login: "ann", Trust: autonomy.Owner},
		}
		change(&q)
		return m.Effective(q)
	}
	for name, c := range map[string]struct {
		change func(*autonomy.Question)
		want   string
		why    string
	}{
		"the capability":         {func(*autonomy.Question) {}, "L4", "capability error-recovery is at L4"},
		"the policy":             {func(q *autonomy.Question) { q.Level = "L2" }, "L2", "policy p is at L2"},
		"no level":               {func(q *autonomy.Question) { q.Level = "" }, "L1", ""},
		"a level too high":       {func(q *autonomy.Question) { q.Level = "L6" }, "L1", ""},
		"a level too long":       {func(q *autonomy.Question) { q.Level = "L44" }, "L1", ""},
		"the author":             {func(q *autonomy.Question) { q.Author.Trust = autonomy.Contributor }, "L3", "autonomy.yaml gives events of @ann (contributor) L3"},
		"the author, overridden": {func(q *autonomy.Question) { q.Author.Trust = autonomy.None }, "L3", "capability error-recovery gives events of @ann (none) L3"},
		"two at once":            {func(q *autonomy.Question) { q.Author.Trust = autonomy.Collaborator }, "L4", "is at L4, and autonomy.yaml gives"},
		"an author of no kind":   {func(q *autonomy.Question) { q.Author.Trust = "" }, "L1", "gives events of @ann () L1"},
		"no such capability":     {func(q *autonomy.Question) { q.Capability = "error-recover" }, "L1", `permits nothing of capability "error-recover"`},
		"one that is absent":     {func(q *autonomy.Question) { q.Capability = "chaos-engineering" }, "L1", "permits nothing"},
		"another action":         {func(q *autonomy.Question) { q.Actions = append(q.Actions, "github.pull_request.merge") }, "L1", "does not list github.pull_request.merge"},
		"no actions":             {func(q *autonomy.Question) { q.Capability = "error-detection" }, "L1", "does not list github.issue.label"},
		"no repositories":        {func(q *autonomy.Question) { q.Capability = "cost-optimization" }, "L1", `does not list repository "Octo/hello"`},
		"everything":             {func(q *autonomy.Question) { q.Capability = "data-synchronization" }, "L5", ""},
		"another repository":     {func(q *autonomy.Question) { q.Repository = "other/two" }, "L1", "does not list"},
		"one by its name":        {func(q *autonomy.Question) { q.Repository = "other/one" }, "L4", ""},
		"no repository":          {func(q *autonomy.Question) { q.Repository = "" }, "L1", "does not list"},
		"a slash too many":       {func(q *autonomy.Question) { q.Repository = "octo/hello/x" }, "L1", "does not list"},
		"a bound of others": {func(q *autonomy.Question) {
			q.More = []autonomy.Bound{{Source: "model", Level: "L2", Why: "the model is 40% sure"}}
		}, "L2", "the model is 40% sure"},
	} {
		v := ask(c.change)
		if v.Level != c.want || !strings.Contains(v.Why(), c.why) {
			t.Errorf("%s: %s since %q; want %s since %q", name, v.Level, v.Why(), c.want, c.why)
		}
	}
}

func TestNoMatrixPermitsNothing(t *testing.T) {
	t.Parallel()
	var none *autonomy.Matrix
	v := none.Effective(autonomy.Question{Policy: "p", Level: "L5", Capability: "error-recovery", More: []autonomy.Bound{{Level: "L5"}}})
	if v.Level != "L1" || !strings.Contains(v.Why(), "no autonomy.yaml is in force") {
		t.Errorf("%s since %s", v.Level, v.Why())
	}
}

func TestTheLowestBoundHolds(t *testing.T) {
	t.Parallel()
	levels := []string{"L1", "L2", "L3", "L4", "L5"}
	for i, policy := range levels {
		for j, capability := range levels {
			for k, author := range levels {
				m := &autonomy.Matrix{
					Capabilities: map[string]autonomy.Capability{"error-recovery": {Level: capability, Actions: []string{"a.*"}, Repositories: []string{"*/*"}}},
					Authors:      map[autonomy.Trust]string{autonomy.None: author},
				}
				q := autonomy.Question{Level: policy, Capability: "error-recovery", Actions: []string{"a.b"}, Repository: "o/r", Author: autonomy.Author{Trust: autonomy.None}}
				if got, want := m.Effective(q).Level, levels[min(i, j, k)]; got != want {
					t.Errorf("%s, %s, %s: %s, want %s", policy, capability, author, got, want)
				}
			}
		}
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	with := func(old, replacement string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(good, old, replacement, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", `1:1: the file is empty`},
		"no authors":         {"capabilities: {}\n", `1:1: the file lacks "authors"`},
		"no author none":     {with(", none: L2}", "}"), `1:10: authors lacks "none"`},
		"unknown author":     {with("none: L2", "nobody: L2"), `1:69: there are no authors "nobody"; write owner, member, collaborator, contributor or none`},
		"unknown level":      {with("level: L4", "level: L6"), `4:12: level: the level "L6" is unknown; write one of L1, L2, L3, L4 and L5`},
		"unknown capability": {with("error-recovery:", "error-recover:"), `3:3: there is no capability "error-recover"; did you mean "error-recovery"?`},
		"unknown field":      {with("    actions", "    action"), `5:5: a capability has no "action"; did you mean "actions"?`},
		"unknown limit":      {with("per_policy", "per_polic"), `7:34: limits have no "per_polic"; did you mean "per_policy"?`},
		"unknown top level":  {with("authors:", "auhtors:"), `1:1: the file has no "auhtors"; did you mean "authors"?`},
		"unknown action":     {with("github.issue.*", "github.isue.*"), `5:15: no action is called "github.isue.*"; did you mean "github.issue.*"?`},
		"strange action":     {with("github.issue.*", "GITHUB?"), `5:15: no action is called "GITHUB?"; write a name or a glob`},
		"far action":         {with("github.issue.*", "slack.*"), `5:15: no action is called "slack.*"; there are github.issue.comment`},
		"strange repository": {with("octo/*", "octo"), `6:20: "octo" is no repository; write owner/name`},
		"class in a glob":    {with("octo/*", `"[o]cto/*"`), `6:20: "[o]cto/*" is no repository`},
		"bad rate":           {with("1/1h", "often"), `7:28: per_resource is "often": that is no rate; write how often`},
		"zero rate":          {with("1/1h", "0/1h"), `7:28: per_resource is "0/1h": a rate of 0 times`},
		"bad share":          {with("10%", "0%"), `7:121: share is "0%"; it has to be from 1% to 100%`},
		"share of 101":       {with("10%", "101%"), `share is "101%"`},
		"list as text":       {with("[github.issue.*]", "github.issue.*"), `5:14: actions is of type string; it has to be array`},
	} {
		_, err := load(c.text)
		if _, ok := errors.AsType[document.Findings](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", name, err, c.want)
		}
	}
	_, err := autonomy.Load(fstest.MapFS{}, actions)
	if _, ok := errors.AsType[document.Findings](err); !ok || !strings.Contains(err.Error(), "autonomy.yaml:1:1: the file is missing") {
		t.Errorf("missing: %v", err)
	}
}

// What the schema lets pass and the parser does not may not become a limit that
// bounds nothing.
func TestRatesThatTheSchemaLetsPass(t *testing.T) {
	t.Parallel()
	for _, r := range []string{"1/0s", "1/9999h"} {
		if _, err := load(strings.Replace(good, "1/1h", r, 1)); err == nil || !strings.Contains(err.Error(), "per_resource") {
			t.Errorf("%s: %v", r, err)
		}
	}
}

func TestTheProjectsOwnFileIsGood(t *testing.T) {
	t.Parallel()
	all, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := autonomy.Load(os.DirFS("../../.infinity"), all)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Capabilities) != len(autonomy.Capabilities) {
		t.Errorf("%d of %d capabilities are there", len(m.Capabilities), len(autonomy.Capabilities))
	}
}

func TestEverythingIsWhatItsFileSays(t *testing.T) {
	t.Parallel()
	m := matrix(t, autonomytest.File())
	if diff := cmp.Diff(autonomytest.Everything().Matrix.Capabilities, m.Capabilities); diff != "" {
		t.Error(diff)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add(autonomytest.File())
	f.Add("capabilities: {error-recovery: {level: L9}}")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := load(text)
		if err != nil {
			if m != nil {
				t.Error("a matrix with mistakes")
			}
			return
		}
		for name, c := range m.Capabilities {
			for what, r := range map[string]*rate.Rate{"resource": c.Limits.PerResource, "removals": c.Limits.Removals} {
				if r != nil && (r.N < 1 || r.Per <= 0) {
					t.Errorf("%s: %s is %v", name, what, r)
				}
			}
			if c.Limits.Share < 0 || c.Limits.Share > 100 {
				t.Errorf("%s: share %d", name, c.Limits.Share)
			}
		}
	})
}
