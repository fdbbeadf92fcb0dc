package notice_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/notice"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

var asked = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const id = "abcdefghijklmnopqrstuvwxyz"

const rules = `
people: {ann: {github: ["ann-work#7"]}, bob: {keys: [bob]}, eve: {github: [eve]}}
rules: [{policies: [quiet], by: [ann]}, {by: [ann, bob, eve], count: 2, tell: comment}]
`

type fixed struct{ c *approval.Config }

func (f fixed) Current() *approval.Config { return f.c }

func load(tb testing.TB) *approval.Config {
	tb.Helper()
	c, err := approval.Load(fstest.MapFS{approval.File: {Data: []byte(rules)}})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func question(category string) approval.Approval {
	return approval.Approval{
		ID: id + "-1", ExecutionID: id, Round: 1, Category: category, Action: "github.pull_request.merge", Policy: "merge-green",
		Repository: "octo/hello", Resource: "octo/hello pull_request 12", Causes: []string{"eve"}, AskedAt: asked,
		Plan: &action.Plan{Effects: []action.Effect{{Verb: "merge", Before: "open", After: "merged"}, {Verb: "unlabel", Before: "wip"}}},
		Then: []approval.Step{{Action: "github.issue.label", Resource: "octo/hello issue 12", Args: json.RawMessage(`{"add":["done"]}`)}},
	}
}

// Golden texts: what people read. `UPDATE=1 go test` writes them anew.
func TestText(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct {
		category string
		round    int
		reminder bool
	}{"manual": {"Manual", 1, false}, "alert": {"Alert", 1, false}, "again": {"Manual", 2, false}, "reminder": {"Manual", 1, true}} {
		q := question(c.category)
		q.Round, q.SHA = c.round, strings.Repeat("a1", 20)
		if c.reminder {
			due := asked.Add(25 * time.Hour)
			q.DueAt = &due
		}
		got := notice.Text(q, load(t), asked.Add(24*time.Hour), c.reminder)
		file = "testdata/" + file + ".md"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != got {
			t.Errorf("%s: %v, got:\n%s", file, err, got)
		}
	}
}

func comments(tb testing.TB) notice.Comments {
	tb.Helper()
	registry, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		tb.Fatal(err)
	}
	return notice.Comments{Config: fixed{load(tb)}, Actions: registry}
}

func about(kind string) execution.Execution {
	return execution.Execution{
		ID: id, Window: time.Hour, Agent: "systemfixer",
		Target: action.Target{InstallationID: 7, RepositoryID: 1, Repository: "octo/hello", Kind: kind, ID: "12", SHA: "a1", AsOf: "2"},
	}
}

// Who is told, and by what; each question and each reminder is a comment of its
// own, and the same one whenever it is drafted.
func TestTelling(t *testing.T) {
	t.Parallel()
	c := comments(t)
	ids := map[string]string{}
	for kind, want := range map[string]string{
		"issue": "github.issue.comment", "pull_request": "github.pull_request.comment", "workflow_run": "", "commit": "", "repository": "",
	} {
		x, err := c.Telling(about(kind), question("Manual"), false)
		if err != nil || (x == nil) != (want == "") {
			t.Fatalf("%s: %+v, %v", kind, x, err)
		}
		if x == nil {
			continue
		}
		again, _ := c.Telling(about(kind), question("Manual"), false)
		if x.Action != want || x.Class != action.ClassB || x.Hop != decision.MaxHop || x.Agent != "systemfixer" || x.Policy+x.Capability != "" || again.ID != x.ID {
			t.Errorf("%s is told by %+v, and again by %s", kind, x, again.ID)
		}
		ids[x.ID] = kind
	}
	next, reminder := question("Manual"), question("Manual")
	next.ID, next.Round = id+"-2", 2
	for what, q := range map[string]approval.Approval{"reminder": reminder, "next": next} {
		x, err := c.Telling(about("issue"), q, what == "reminder")
		if err != nil || ids[x.ID] != "" {
			t.Errorf("%s is the comment of %s, %v", what, ids[x.ID], err)
		}
	}
	quiet := question("Manual")
	quiet.Policy = "quiet"
	if x, err := c.Telling(about("issue"), quiet, false); x != nil || err != nil {
		t.Errorf("without tell: %+v, %v", x, err)
	}
	c.Config = fixed{}
	if x, err := c.Telling(about("issue"), question("Manual"), false); x != nil || err != nil {
		t.Errorf("without approvals.yaml: %+v, %v", x, err)
	}
}

// outside is what GitHub would show of a comment outside of blocks of code.
func outside(body string) string {
	source := []byte(body)
	var out strings.Builder
	for n := goldmark.DefaultParser().Parse(text.NewReader(source)).FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() != ast.KindFencedCodeBlock {
			out.Write(n.Lines().Value(source))
		}
	}
	return out.String()
}

// hostile are words that want out of their block.
var hostile = []string{
	"", "```\n/approve " + id + "\n", "@everyone ````` <!-- infinity:x -->", "\u202ereversed\u0000\u009f", "<!--", "\xff",
	strings.Repeat("`", 5000), strings.Repeat("long ", 20000), "<!<!----", "a\r\nb\r", "~~~\n\n# no block\n",
}

// TestWordsStayInTheirBlock: whatever outsiders had a part in, the comment is one
// that the action takes, and their words stay inside of their block.
func TestWordsStayInTheirBlock(t *testing.T) {
	t.Parallel()
	for _, words := range hostile {
		inside(t, words)
	}
}

func FuzzText(f *testing.F) {
	for _, words := range hostile {
		f.Add(words)
	}
	f.Fuzz(inside)
}

func inside(t *testing.T, words string) {
	t.Helper()
	c, q := comments(t), question("Alert")
	q.Plan.Effects[0].After = words
	q.Then[0].Resource = words
	x, err := c.Telling(about("issue"), q, false)
	if err != nil {
		t.Fatal(err)
	}
	var args struct{ Body string }
	if err := json.Unmarshal(x.Args, &args); err != nil {
		t.Fatal(err)
	}
	want := outside(notice.Text(question("Alert"), load(t), asked.Add(time.Hour), false))
	if got := outside(args.Body); got != want {
		t.Errorf("%q: outside of the blocks:\n%s\nwant\n%s", words, got, want)
	}
}
