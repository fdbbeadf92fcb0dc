package erasure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/erasure"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

type rig struct {
	store  store.Store
	blobs  *blobmemory.Store
	bus    *busmemory.Bus
	clock  *clock.Virtual
	eraser *erasure.Eraser
}

func newRig(t *testing.T) *rig {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(start)
	r := &rig{store: memory.New(memory.Options{Schema: schema}), blobs: blobmemory.New(c), bus: busmemory.New(busmemory.Options{Clock: c}), clock: c}
	r.eraser = &erasure.Eraser{Store: r.store, Blobs: r.blobs, Letters: r.bus, Clock: c}
	if err := r.bus.Ensure(t.Context(), bus.Subscription{Name: "decide", Topic: "events"}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) in(t *testing.T, fn func(store.Tx) error) {
	t.Helper()
	if err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) put(t *testing.T, collection, id string, doc any) {
	t.Helper()
	r.in(t, func(tx store.Tx) error { return tx.Put(store.Key{Collection: collection, ID: id}, doc) })
}

func (r *rig) body(t *testing.T, key, text string) {
	t.Helper()
	if err := r.blobs.Put(t.Context(), key, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

// erase erases until all was looked at.
func (r *rig) erase(t *testing.T, who string) (whole erasure.Erasure, calls int) {
	t.Helper()
	whole = erasure.Erasure{Erased: map[string]int{}, Left: map[string]int{}}
	for q := (erasure.Request{Who: who, By: "key:boss", Reason: "their request"}); ; calls++ {
		report, err := r.eraser.Erase(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for kind, n := range report.Erased {
			whole.Erased[kind] += n
		}
		for kind, n := range report.Left {
			whole.Left[kind] += n
		}
		if q.Cursor = report.Next; q.Cursor == "" {
			return whole, calls + 1
		}
	}
}

// all is the text of every document and body.
func (r *rig) all(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, c := range []string{
		decision.Deliveries, decision.Collection, execution.Collection, execution.Workflows, approval.Collection,
		execution.Fields, page.Collection, control.Collection, audit.Collection, auth.Collection,
	} {
		docs, err := r.store.Query(t.Context(), store.Query{Collection: c, Limit: store.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs.Documents {
			fmt.Fprintf(&b, "%s %s\n", d.Key, d.Data)
		}
	}
	infos, _, err := r.blobs.List(t.Context(), "events/", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		fmt.Fprintln(&b, info.Key)
	}
	return b.String()
}

// seed stores what ana, and anabel, left in every kind of document.
func (r *rig) seed(t *testing.T) {
	t.Helper()
	plan := &action.Plan{Effects: []action.Effect{{Verb: "request review", Field: "reviewers", After: "Ana, anabel"}}}
	x := execution.Execution{
		ID: "x1", DecisionID: "d1", State: execution.Succeeded, Reversible: true, Causes: []string{"Ana", "anabel"}, Answer: "approved by github:ana: yes",
		Target: action.Target{Repository: "o/r", Author: "ana"}, Args: json.RawMessage(`{"reviewers":["ana"],"n":12345678901234567890}`), Plan: plan,
		Undo: &execution.Undo{By: "github:ana", At: start}, CreatedAt: start, UpdatedAt: start,
	}
	r.put(t, execution.Collection, "x1", x)
	x.ID, x.Args, x.Plan = "x2", json.RawMessage(`{}`), nil
	r.put(t, execution.Collection, "x2", x)
	r.put(t, execution.Collection, "x3", execution.Execution{ID: "x3", State: execution.Failed, Causes: []string{"anabel"}, Reason: "mail x@ana.example", CreatedAt: start, UpdatedAt: start})
	r.put(t, execution.Workflows, "w1", execution.Workflow{ID: "w1", State: execution.WorkflowDone, Reason: "wanted undone by github:ana"})
	r.put(t, approval.Collection, "x1-1", approval.Approval{
		ID: "x1-1", ExecutionID: "x1", State: approval.Approved, Causes: []string{"ana"}, EndedBy: "github:ana", AskedAt: start,
		Answers: []approval.Answer{{By: "github:ana", Person: "ana-b", Note: "as @ana said"}, {By: "github:anabel", Person: "anabel"}},
	})
	r.put(t, decision.Collection, "d1", decision.Decision{
		ID: "d1", Author: "ana", Meaning: "m1", DecidedAt: start,
		Proposals: []decision.Proposal{{Explanation: policy.Explanation{Root: policy.Node{
			Source: `event.sender.login == "ana"`, Facts: map[string]any{"event.sender.login": "ana"},
		}}}},
	})
	r.put(t, page.Collection, "p1", page.Page{ID: "p1", Summary: "s", ResolvedBy: "github:ana", RaisedAt: start})
	r.put(t, control.Collection, "global", control.Freeze{Scope: "global", By: "github:ana", Reason: "r", At: start})
	for id, text := range map[string]string{"v1": `{"sender":{"login":"Ana"}}`, "v2": `{"sender":{"login":"anabel"}}`, "v3": `{"body":"see @ana."}`} {
		r.body(t, "events/"+id, text)
		r.put(t, decision.Deliveries, id, decision.Delivery{ID: id, DecisionID: "d1", BodyRef: "events/" + id, ReceivedAt: start})
	}
	r.in(t, func(tx store.Tx) error {
		for i := range 250 {
			rec := audit.Record{At: start, Verb: "v", Subject: "s/1", Actor: "github:anabel"}
			switch i % 5 {
			case 0:
				rec.Actor = "github:ana"
			case 1:
				rec.Reason = "approved by github:Ana: fine"
			case 2:
				rec.Details = map[string]string{"told": "github:ana"}
			}
			if err := audit.Write(tx, rec); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestEraseAPerson: afterwards nothing names them, what names another stays,
// the erasure is on record, and the log verifies.
func TestEraseAPerson(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"at once": 0, "in steps": 7} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.eraser.Limit = limit
			r.seed(t)
			l := sealed(t, r)
			got, calls := r.erase(t, "github:ana")
			want := erasure.Erasure{Left: map[string]int{}, Erased: map[string]int{
				"bodies": 2, "decisions": 1, "executions": 2, "workflows": 1, "approvals": 1, "pages": 1, "controls": 1, "records": 150,
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (calls > 1) != (limit > 0) {
				t.Errorf("it took %d calls", calls)
			}
			text := r.all(t)
			rest := strings.NewReplacer("anabel", "", "x@ana.example", "").Replace(text)
			for _, form := range []string{"github:ana", "@ana", `"ana"`, `"Ana`, "ana-b", `\"ana\"`} {
				if strings.Contains(rest, form) {
					t.Errorf("%s is still named", form)
				}
			}
			for _, kept := range []string{
				`"anabel"`, "x@ana.example", "12345678901234567890", "events/v2", `"by":"github:anabel"`, `"person":"anabel"`, `"meaning":"m1"`, `"verb":"person.erased"`,
			} {
				if !strings.Contains(text, kept) {
					t.Errorf("%s is gone", kept)
				}
			}
			x, err := store.Get[execution.Execution](t.Context(), r.store, store.Key{Collection: execution.Collection, ID: "x1"})
			if err != nil || x.Reversible || x.State != execution.Succeeded {
				t.Errorf("%+v, %v: what it was about is gone, so that it cannot be undone", x, err)
			}
			if x, err = store.Get[execution.Execution](t.Context(), r.store, store.Key{Collection: execution.Collection, ID: "x2"}); err != nil || !x.Reversible {
				t.Errorf("%+v, %v: it can still be undone", x, err)
			}
			l.seal(t)
			if report := l.verify(t); !report.Whole() || report.Erased != 150 {
				t.Errorf("the log: %+v", report)
			}
			if again, _ := r.erase(t, "github:ana"); len(again.Erased) != 0 {
				t.Errorf("erased again: %v", again.Erased)
			}
		})
	}
}

type sealedLog struct {
	rig *rig
	log transparency.Log
}

func sealed(t *testing.T, r *rig) sealedLog {
	t.Helper()
	private, err := transparency.NewKey("test.example/audit")
	if err != nil {
		t.Fatal(err)
	}
	signer, key, err := transparency.ParseKey(string(private))
	if err != nil {
		t.Fatal(err)
	}
	l := sealedLog{r, transparency.Log{Store: r.store, Blobs: r.blobs, Clock: r.clock, Signer: signer, Key: key}}
	l.seal(t)
	return l
}

func (l sealedLog) seal(t *testing.T) {
	t.Helper()
	if _, err := l.log.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (l sealedLog) verify(t *testing.T) verify.Report {
	t.Helper()
	report, err := verify.Log(t.Context(), verify.Direct{Store: l.rig.store, Blobs: l.rig.blobs}, verify.Options{Now: start})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// What is still to be done keeps its names until it has ended: four-eyes rests
// on them. It is counted, so that somebody erases again.
func TestWhatIsNeededIsLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for id, s := range map[string]execution.State{"x1": execution.Waiting, "x2": execution.Uncertain, "x3": execution.RevertFailed, "x4": execution.Reverting} {
		r.put(t, execution.Collection, id, execution.Execution{ID: id, State: s, Causes: []string{"ana"}, CreatedAt: start, UpdatedAt: start})
	}
	r.put(t, approval.Collection, "x1-1", approval.Approval{ID: "x1-1", State: approval.Pending, Causes: []string{"ana"}, AskedAt: start})
	r.put(t, execution.Workflows, "w1", execution.Workflow{ID: "w1", State: execution.WorkflowStuck, Reason: "by github:ana"})
	r.body(t, "events/letter", `{"sender":{"login":"ana"}}`)
	r.put(t, decision.Deliveries, "v1", decision.Delivery{ID: "v1", BodyRef: "events/letter"})
	for _, m := range []bus.Message{{Data: []byte(`{"sender":{"login":"ana"}}`)}, {Attributes: map[string]string{"ce-dataref": "events/letter"}}, {Data: []byte(`{}`)}} {
		if _, err := r.bus.Publish(t.Context(), "decide.dead", m); err != nil {
			t.Fatal(err)
		}
	}
	before := r.all(t)
	got, _ := r.erase(t, "github:ana")
	if diff := cmp.Diff(map[string]int{"executions": 4, "approvals": 1, "workflows": 1, "letters": 2}, got.Left); diff != "" || len(got.Erased) != 0 {
		t.Errorf("erased %v, left (-want +got):\n%s", got.Erased, diff)
	}
	after := r.all(t)
	for line := range strings.Lines(before) {
		if !strings.Contains(after, line) {
			t.Errorf("is gone or changed: %s", line)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	keys := auth.Keys{Store: r.store, Clock: r.clock}
	for _, life := range []time.Duration{time.Hour, 48 * time.Hour} {
		for _, name := range []string{"ana", "eve"} {
			if _, err := keys.Issue(t.Context(), name, auth.Editor, life, "test"); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.clock.Advance(2 * time.Hour)
	got, _ := r.erase(t, "key:ana")
	if diff := cmp.Diff(erasure.Erasure{Erased: map[string]int{"keys": 1, "records": 2}, Left: map[string]int{"keys": 1}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := r.all(t); strings.Count(text, `"name":"ana"`) != 1 || strings.Count(text, `"name":"eve"`) != 4 {
		t.Errorf("left:\n%s", text)
	}
}

// TestRepositoriesAndHostsKeepTheirNames, and the sentence on an author's trust
// loses its login.
func TestRepositoriesAndHostsKeepTheirNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	author := autonomy.Author{Login: "github", Trust: autonomy.Owner, Why: "owns the repository"}
	r.put(t, execution.Collection, "x", execution.Execution{
		ID: "x", State: execution.Succeeded, Args: json.RawMessage(`{"body":"ask github. See github/docs."}`),
		Result: &action.Result{URL: "https://github.com/github/docs/issues/2"},
	})
	r.put(t, decision.Collection, "d", decision.Decision{ID: "d", Proposals: []decision.Proposal{{Level: "L5", Bounds: []autonomy.Bound{{Why: author.String()}}}}})
	r.erase(t, "github:github")
	text := r.all(t)
	for _, want := range []string{"ask erased. See github/docs.", "https://github.com/github/docs/issues/2", "@erased (owner: owns the repository)"} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q:\n%s", want, text)
		}
	}
}

// TestAnswersByLink: who answered by a link, or made one for another, is named
// by a person of approvals.yaml.
func TestAnswersByLink(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(t, approval.Collection, "x-1", approval.Approval{ID: "x-1", State: approval.Approved, Answers: []approval.Answer{
		{Verb: approval.Approve, By: "link:ana", Person: "ana", Link: "l1", Maker: "you"},
		{Verb: approval.Approve, By: "link:zoe", Person: "zoe", Link: "l2", Maker: "ana"},
	}})
	r.in(t, func(tx store.Tx) error {
		return audit.Write(tx, audit.Record{
			At: start, Actor: "key:local", Verb: "approval.link_made", Subject: "executions/x", Retention: "security", Details: map[string]string{"person": "ana"},
		})
	})
	got, _ := r.erase(t, "link:ana")
	if diff := cmp.Diff(erasure.Erasure{Erased: map[string]int{"approvals": 1, "records": 1}, Left: map[string]int{}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := r.all(t); strings.Contains(text, "ana") || strings.Count(text, "zoe") != 2 || !strings.Contains(text, `"link_made_by":"you"`) {
		t.Errorf("left:\n%s", text)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, q := range []erasure.Request{{}, {Who: "ana"}, {Who: "github:"}, {Who: "system:execute"}, {Who: "github:ana", Cursor: "x"}, {Who: "github:ana", Cursor: "99."}, {Who: "github:erased"}} {
		if _, err := r.eraser.Erase(t.Context(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v, want it refused", q, err)
		}
	}
}
