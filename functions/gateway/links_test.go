package gateway_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// link makes a link to answer the waiting execution by.
func (w *world) link(maker auth.Role, person, verb string) string {
	w.t.Helper()
	rec := w.request(maker, http.MethodPost, "/v1/executions/xexecution1/links", `{"person":"`+person+`","verb":"`+verb+`"}`)
	var made struct{ Path string }
	if err := json.Unmarshal(rec.Body.Bytes(), &made); err != nil || made.Path == "" {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return made.Path
}

func (w *world) execution() execution.Execution {
	w.t.Helper()
	x, err := store.Get[execution.Execution](w.t.Context(), w.store, store.Key{Collection: execution.Collection, ID: "xexecution1"})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// TestS14Links is abuse case S14: each is refused with a clear text, and leaves
// the execution as it was.
func TestS14Links(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(w *world, path string) string // returns the path that is followed
		want  int
		says  string
	}{
		"good":    {func(_ *world, path string) string { return path }, 200, "is now ready"},
		"expired": {func(w *world, path string) string { w.clock.Advance(15 * time.Minute); return path }, 403, "ask for a new one"},
		"tampered": {func(_ *world, path string) string {
			return strings.Replace(path, "token=e", "token=f", 1)
		}, 403, "not one of ours"},
		"cut": {func(_ *world, path string) string { return path[:len(path)-1] }, 403, "not one of ours"},
		"plan changed": {func(w *world, path string) string {
			x := w.execution()
			x.PlanHash = "another"
			w.put(execution.Collection, x.ID, x)
			return path
		}, 409, "something else by now"},
		"asked again": {func(w *world, path string) string {
			x := w.execution()
			x.Round++
			w.put(execution.Collection, x.ID, x)
			return path
		}, 409, "something else by now"},
		"its maker approved since": {func(w *world, path string) string {
			w.put(approval.Collection, "xexecution1-1", approval.Approval{ID: "xexecution1-1", Answers: []approval.Answer{
				{Verb: approval.Approve, Person: "admin", By: "key:admin"}, // who made the link
			}})
			return path
		}, 403, "of one hand"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.seed()
			path := c.spoil(w, w.link(auth.Admin, "editor", "approve"))
			before := w.execution()
			rec := w.request(auth.None, http.MethodPost, path, "note=fine")
			if rec.Code != c.want || !strings.Contains(rec.Body.String(), c.says) {
				t.Errorf("%d %s; want %d, %q", rec.Code, rec.Body, c.want, c.says)
			}
			if x := w.execution(); c.want != 200 && (x.State != before.State || x.ApprovedHash != "") {
				t.Errorf("it is %s", x.State)
			}
		})
	}
}

// TestS14ScannersChangeNothing: whatever looks at a link leaves it good; it is
// good once; and a page that is shown may load and do nothing.
func TestS14ScannersChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	path := w.link(auth.Editor, "editor", "reject")
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		rec := w.request(auth.None, method, path, "")
		if x := w.execution(); rec.Code != 200 || x.State != execution.Waiting {
			t.Fatalf("%s: %d, and it is %s", method, rec.Code, x.State)
		}
		h := rec.Header()
		if !strings.HasPrefix(h.Get("Content-Type"), "text/html") || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", method, h)
		}
	}
	if rec := w.request(auth.None, http.MethodPost, path, "note=a&approved=true"); rec.Code != 400 {
		t.Errorf("S12 another field: %d %s", rec.Code, rec.Body)
	}
	if rec := w.request(auth.None, http.MethodPost, path, "note=no"); rec.Code != 200 || w.execution().Answer != "rejected by link:editor: no" {
		t.Fatalf("%d %s: %q", rec.Code, rec.Body, w.execution().Answer)
	}
	if rec := w.request(auth.None, http.MethodPost, path, "note=no"); rec.Code != 409 || !strings.Contains(rec.Body.String(), "rejected by link:editor") {
		t.Errorf("again: %d %s", rec.Code, rec.Body)
	}
}

// TestPageOfALink shows the whole plan, and nothing in it is taken for markup.
func TestPageOfALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	w.put(approval.Collection, "xexecution1-1", approval.Approval{
		ID: "xexecution1-1", Category: "Alert", Policy: "tidy", Resource: "octo/hello issue 1", SHA: "c0ffee", Plan: &action.Plan{Effects: []action.Effect{
			{Verb: "set title", Field: "title", Before: "old", After: "<script>alert(1)</script>"},
		}},
		Then: []approval.Step{{Action: "github.issue.close", Resource: "octo/hello issue 1", Args: json.RawMessage(`{"reason":"<b>"}`)}},
	})
	rec := w.request(auth.None, http.MethodGet, w.link(auth.Editor, "editor", "reject"), "")
	body := rec.Body.String()
	for _, want := range []string{"Veto this?", ">Veto</button>", "tidy", "set title", "old", "&lt;script&gt;", "then github.issue.close", `u003cb`, "c0ffee", "as <b>editor</b>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	_, style, _ := strings.Cut(body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if policy := rec.Header().Get("Content-Security-Policy"); !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
		t.Errorf("its style is not the one that its policy allows: %s", policy)
	}
	if strings.Contains(body, "<script") || rec.Code != http.StatusOK {
		t.Errorf("%d %s", rec.Code, body)
	}
}

// TestOneHandMakesNoLinks: who may not answer gets no link, and nobody makes one
// for another but an admin.
func TestOneHandMakesNoLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	for body, want := range map[string]int{
		`{"person":"admin","verb":"approve"}`:                 403, // another's
		`{"person":"nobody","verb":"approve"}`:                404,
		`{"person":"editor","verb":"run"}`:                    400,
		`{"person":"editor","verb":"approve","plan_hash":""}`: 400,
	} {
		if rec := w.request(auth.Editor, http.MethodPost, "/v1/executions/xexecution1/links", body); rec.Code != want {
			t.Errorf("%s: %d %s, want %d", body, rec.Code, rec.Body, want)
		}
	}
}
