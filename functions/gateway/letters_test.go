package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	trouble "github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// seedLetters puts three letters of one subscription there, and an open page.
func (w *world) seedLetters() {
	w.t.Helper()
	for _, name := range []string{"orchestrator", "other"} {
		if err := w.bus.Ensure(w.t.Context(), bus.Subscription{Name: name, Topic: "events"}); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, body := range []string{"one", "two", "three"} {
		_, err := w.bus.Publish(w.t.Context(), "orchestrator.dead", bus.Message{
			Data: []byte(body), Attributes: map[string]string{"ce-type": "com.github.push", bus.AttrDeadReason: "no JSON", bus.AttrDeadAttempts: "5"},
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.put(trouble.Collection, "ppage1", trouble.Page{ID: "ppage1", Kind: "fight", Open: true, Summary: "two policies", RaisedAt: start})
}

func (w *world) records(verb string) []audit.Record {
	w.t.Helper()
	all, _, err := store.List[audit.Record](w.t.Context(), w.store, store.Query{Collection: audit.Collection})
	if err != nil {
		w.t.Fatal(err)
	}
	var found []audit.Record
	for _, r := range all {
		if r.Verb == verb {
			found = append(found, r)
		}
	}
	return found
}

// A body is shown on request only, and never with the list or one letter.
func TestLetterBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	for path, shown := range map[string]bool{
		"/v1/dead-letters": false, "/v1/dead-letters/orchestrator-1": false, "/v1/dead-letters/orchestrator-1/body": true,
	} {
		rec := w.request(auth.Editor, http.MethodGet, path, "")
		if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), `"data"`) != shown {
			t.Errorf("%s: %d %s; with its body: %v", path, rec.Code, rec.Body, shown)
		}
	}
}

func TestLettersArePaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	first := w.page("/v1/dead-letters?limit=2")
	rest := w.page("/v1/dead-letters?limit=2&cursor=" + first.Next)
	if len(first.Items) != 2 || len(rest.Items) != 1 || rest.Next != "" || rest.ids()[0] != "orchestrator-3" {
		t.Errorf("pages %v then %v, next %q", first.ids(), rest.ids(), rest.Next)
	}
	if rec := w.request(auth.Viewer, http.MethodGet, "/v1/dead-letters?subscription=nobody", ""); rec.Code != http.StatusNotFound {
		t.Errorf("a subscription that is not there: %d", rec.Code)
	}
}

func TestLettersAreReplayedAndDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	if rec := w.request(auth.Admin, http.MethodDelete, "/v1/dead-letters/orchestrator-1", ""); rec.Code != http.StatusBadRequest {
		t.Errorf("dropped without a reason: %d", rec.Code)
	}
	if rec := w.request(auth.Admin, http.MethodDelete, "/v1/dead-letters/orchestrator-1?reason=spam", ""); rec.Code != http.StatusOK {
		t.Fatalf("drop: %d %s", rec.Code, rec.Body)
	}
	if rec := w.request(auth.Admin, http.MethodPost, "/v1/dead-letters/orchestrator-1/replay", ""); rec.Code != http.StatusNotFound {
		t.Errorf("a dropped one was replayed: %d", rec.Code)
	}
	rec := w.request(auth.Editor, http.MethodPost, "/v1/dead-letters/replay", `{}`)
	var n struct{ Replayed int }
	if err := json.Unmarshal(rec.Body.Bytes(), &n); err != nil || n.Replayed != 2 {
		t.Fatalf("replayed %d, %v: %s", n.Replayed, err, rec.Body)
	}
	if left, err := w.bus.Backlog(context.WithoutCancel(t.Context()), "orchestrator"); err != nil || left != 2 {
		t.Errorf("%d wait for the subscription again, %v", left, err)
	}
	drops, replays := w.records("letter.dropped"), w.records("letter.replayed")
	if len(drops) != 1 || drops[0].Reason != "spam" || drops[0].Actor != "key:admin" || len(replays) != 2 {
		t.Errorf("records %+v, %+v", drops, replays)
	}
}

func TestPagesAreResolvedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	for range 2 {
		if rec := w.request(auth.Editor, http.MethodPost, "/v1/pages/ppage1/resolve", ""); rec.Code != http.StatusOK {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	if got := w.page("/v1/pages?open=true").Items; len(got) != 0 {
		t.Errorf("still open: %v", got)
	}
	if r := w.records("page.resolved"); len(r) != 1 || r[0].Actor != "key:editor" {
		t.Errorf("records %+v", r)
	}
	if rec := w.request(auth.Editor, http.MethodPost, "/v1/pages/pnone/resolve", ""); rec.Code != http.StatusNotFound {
		t.Errorf("a page that is not there: %d", rec.Code)
	}
}
