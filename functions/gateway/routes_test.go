package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

func TestBadRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	for name, c := range map[string]struct {
		method, path, body string
		want               int
		says               string
	}{
		"unknown parameter":     {"GET", "/v1/events?colour=red", "", 400, "colour"},
		"S12 unknown field":     {"POST", "/v1/executions/xexecution1/approve", `{"approved":true}`, 400, "approved"},
		"S12 mass assignment":   {"POST", "/v1/freezes", `{"scope":"global","reason":"x","by":"key:root"}`, 400, "by"},
		"no reason":             {"POST", "/v1/executions/xexecution1/reject", `{}`, 400, "reason"},
		"limit over the bound":  {"GET", "/v1/events?limit=201", "", 400, "limit"},
		"limit not a number":    {"GET", "/v1/events?limit=x", "", 400, "limit"},
		"unknown state":         {"GET", "/v1/executions?state=done", "", 400, "state"},
		"since not a time":      {"GET", "/v1/events?since=yesterday", "", 400, "since"},
		"S5 duplicate member":   {"POST", "/v1/freezes", `{"scope":"global","scope":"policy:x","reason":"x"}`, 400, "duplicate"},
		"S5 the same, escaped":  {"POST", "/v1/freezes", `{"scope":"global","\u0073cope":"policy:x","reason":"x"}`, 400, "duplicate"},
		"S5 bad UTF-8":          {"POST", "/v1/freezes", "{\"scope\":\"global\",\"reason\":\"\xff\"}", 400, "UTF-8"},
		"S5 deep":               {"POST", "/v1/freezes", `{"scope":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, 400, "nested"},
		"S12 name in capitals":  {"POST", "/v1/freezes", `{"scope":"global","Scope":"policy:x","reason":"x"}`, 400, "unknown member"},
		"S12 name that folds":   {"POST", "/v1/freezes", `{"scope":"global","ſcope":"policy:x","reason":"x"}`, 400, "unknown member"},
		"no JSON":               {"POST", "/v1/freezes", `{`, 400, ""},
		"body over 64 KiB":      {"POST", "/v1/freezes", `{"reason":"` + strings.Repeat("x", 64<<10) + `"}`, 413, ""},
		"bad scope":             {"POST", "/v1/freezes", `{"scope":"team:x","reason":"x"}`, 400, "repository:owner/name"},
		"absent event":          {"GET", "/v1/events/vnothing", "", 404, "vnothing"},
		"absent decision":       {"GET", "/v1/decisions/dnothing", "", 404, ""},
		"absent execution":      {"POST", "/v1/executions/xnothing/approve", `{}`, 404, ""},
		"a beginning approved":  {"POST", "/v1/executions/xexec/approve", `{}`, 404, ""},
		"absent policy":         {"GET", "/v1/events/vevent1/explain?policy=none", "", 404, "none"},
		"explain without one":   {"GET", "/v1/events/vevent1/explain", "", 400, "policy"},
		"absent freeze":         {"DELETE", "/v1/freezes?scope=global", "", 404, "not frozen"},
		"absent workflow":       {"GET", "/v1/workflows/wnothing", "", 404, "wnothing"},
		"revert without reason": {"POST", "/v1/executions/ydone1/revert", `{}`, 400, "reason"},
		"revert what waits":     {"POST", "/v1/executions/xexecution1/revert", `{"reason":"no"}`, 409, "only what was done can be undone"},
		"unknown workflows":     {"GET", "/v1/workflows?state=failed", "", 400, "state"},
		"no route":              {"GET", "/v1/secrets", "", 404, "openapi.json"},
		"no such method":        {"DELETE", "/v1/events", "", 404, ""},
		"id that climbs":        {"GET", "/v1/events/..%2Fkeys", "", 400, "id"},
		"id with another table": {"GET", "/v1/events/%2e%2e", "", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := w.request(auth.Admin, c.method, c.path, c.body)
			if rec.Code != c.want || !strings.Contains(rec.Body.String(), c.says) {
				t.Errorf("%d %s, want %d and %q", rec.Code, rec.Body, c.want, c.says)
			}
			if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type %q", got)
			}
			var p struct{ Status int }
			if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || (p.Status != 0 && p.Status != c.want) {
				t.Errorf("problem %s: status %d, %v", rec.Body, p.Status, err)
			}
		})
	}
}

type page struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
	Next string `json:"next"`
}

func (p page) ids() []string {
	ids := []string{}
	for _, item := range p.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

func (w *world) page(path string) page {
	w.t.Helper()
	var p page
	rec := w.request(auth.Viewer, http.MethodGet, path, "")
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != 200 {
		w.t.Fatalf("GET %s: %d %s", path, rec.Code, rec.Body)
	}
	return p
}

func TestLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 5 {
		at := start.Add(time.Duration(i) * time.Minute)
		id := fmt.Sprintf("d000%d", i)
		name := []string{"even", "odd"}[i%2]
		w.put(decision.Collection, id, decision.Decision{
			ID: id, EventType: "com.github." + name, Repository: "octo/" + name, Category: "Observe", DecidedAt: at,
			EventID: "v" + id, Proposals: []decision.Proposal{{Policy: name}},
		})
	}
	for query, want := range map[string][]string{
		"":                            {"d0004", "d0003", "d0002", "d0001", "d0000"},
		"?limit=2":                    {"d0004", "d0003"},
		"?repository=octo/odd":        {"d0003", "d0001"},
		"?type=com.github.odd":        {"d0003", "d0001"},
		"?category=Alert":             {},
		"?event=vd0002":               {"d0002"},
		"?policy=odd":                 {"d0003", "d0001"},
		"?policy=odd&limit=1":         {"d0003"},
		"?since=2026-11-01T12:03:00Z": {"d0004", "d0003"},
	} {
		if diff := cmp.Diff(want, w.page("/v1/decisions"+query).ids()); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
	for _, base := range []string{"/v1/decisions?limit=2", "/v1/decisions?limit=2&policy=even"} {
		var all []string
		cursor := ""
		for {
			p := w.page(base + cursor)
			all = append(all, p.ids()...)
			if p.Next == "" {
				break
			}
			cursor = "&cursor=" + p.Next
		}
		want := []string{"d0004", "d0003", "d0002", "d0001", "d0000"}
		if strings.Contains(base, "policy") {
			want = []string{"d0004", "d0002", "d0000"}
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("pages of %s: %s", base, diff)
		}
	}
}

func TestBeginningOfAnID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"dabcd1", "dabcd2", "dabce1"} {
		w.put(decision.Collection, id, decision.Decision{ID: id, Proposals: []decision.Proposal{}})
	}
	for id, want := range map[string]int{"dabcd1": 200, "dabce": 200, "dabcd": 409, "dab": 404, "dzzzz": 404} {
		if rec := w.request(auth.Viewer, http.MethodGet, "/v1/decisions/"+id, ""); rec.Code != want {
			t.Errorf("%s: %d %s, want %d", id, rec.Code, rec.Body, want)
		}
	}
}

func TestApproveQueuesAndSecondAnswerLoses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	rec := w.request(auth.Editor, http.MethodPost, "/v1/executions/xexecution1/approve", `{"note":"looks right"}`)
	var x execution.Execution
	if err := json.Unmarshal(rec.Body.Bytes(), &x); err != nil {
		t.Fatal(err)
	}
	if x.State != execution.Ready || len(w.tasks.queued) != 1 || !strings.Contains(string(w.tasks.queued[0].Body), x.ID) {
		t.Fatalf("state %s, queued %v: want ready and a task for it", x.State, w.tasks.queued)
	}
	rec = w.request(auth.Admin, http.MethodPost, "/v1/executions/xexecution1/reject", `{"reason":"too late"}`)
	if rec.Code != 409 || !strings.Contains(rec.Body.String(), "key:editor") {
		t.Errorf("second answer: %d %s, want 409 that names who was first", rec.Code, rec.Body)
	}
	if len(w.tasks.queued) != 1 {
		t.Error("the loser queued a task")
	}
}

func TestFreezeIsReadAndRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(auth.Service, http.MethodPost, "/v1/freezes", `{"scope":"repository:Octo/Hello","reason":"fire"}`)
	f, frozen, err := control.Frozen(t.Context(), w.store, control.Repository("octo/hello"))
	if err != nil || !frozen || f.By != "key:service" || f.Reason != "fire" {
		t.Fatalf("frozen %v %+v %v", frozen, f, err)
	}
	if rec := w.request(auth.Admin, http.MethodDelete, "/v1/freezes?scope=repository:octo/hello", ""); rec.Code != 204 {
		t.Fatalf("lift: %d %s", rec.Code, rec.Body)
	}
	var got struct{ Items []audit.Record }
	rec := w.request(auth.Viewer, http.MethodGet, "/v1/audit?subject=controls/repository:octo/hello", "")
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || len(got.Items) != 2 {
		t.Fatalf("audit %s: want two records", rec.Body)
	}
}

// TestS32HostAndOrigin is abuse case S32: rebinding and requests across origins.
func TestS32HostAndOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		host, origin string
		want         int
	}{
		"ours":           {"localhost:8787", "", 200},
		"our own page":   {"localhost:8787", "http://localhost:8787", 200},
		"rebound name":   {"evil.example:8787", "", 403},
		"rebound page":   {"evil.example:8787", "http://evil.example:8787", 403},
		"other port":     {"localhost:8787", "http://localhost:9999", 403},
		"other site":     {"localhost:8787", "https://evil.example", 403},
		"null origin":    {"localhost:8787", "null", 403},
		"suffix of ours": {"localhost.evil.example", "", 403},
		"no host":        {"", "", 403},
		"upper case":     {"LOCALHOST:8787", "", 200},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1/healthz", nil)
		req.Host = c.host
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, req)
		if rec.Code != c.want {
			t.Errorf("%s: %d, want %d", name, rec.Code, c.want)
		}
	}
}

// TestAnswersFitTheDescription holds every answer against its schema.
func TestAnswersFitTheDescription(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	w.request(auth.Editor, http.MethodPost, "/v1/freezes", `{"scope":"policy:held","reason":"test"}`)
	_, doc := description(t, w)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("mem:///openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	for route, call := range calls {
		if call.path == aLink {
			continue // a page for people
		}
		method, path, _ := strings.Cut(route, " ")
		rec := w.request(auth.Admin, method, call.path, strings.Replace(call.body, "ROLE", string(auth.Admin), 1))
		if rec.Code == http.StatusNoContent || rec.Code == http.StatusConflict {
			continue // the second answer to one execution
		}
		pointer := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(path)
		kind, body := "application~1json", rec.Body.String()
		if rec.Header().Get("Content-Type") == "text/event-stream" {
			kind = "text~1event-stream"
			body = body[strings.LastIndex(body, "data: ")+len("data: "):]
		}
		if rec.Header().Get("Content-Type") == "application/octet-stream" {
			continue
		}
		schema, err := compiler.Compile("mem:///openapi.json#/paths/" + pointer + "/" + strings.ToLower(method) +
			"/responses/200/content/" + kind + "/schema")
		if err != nil {
			t.Errorf("%s: %v", route, err)
			continue
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			t.Errorf("%s: %v", route, err)
			continue
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", route, err)
		}
	}
}
