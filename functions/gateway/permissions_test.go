package gateway_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
)

// aLink stands for the path of a link that is made for the call.
const aLink = "LINK"

// calls says how each route is called so that it succeeds.
var calls = map[string]struct{ path, body string }{
	"GET /v1/healthz":                  {"/v1/healthz", ""},
	"GET /v1/openapi.json":             {"/v1/openapi.json", ""},
	"GET /v1/events":                   {"/v1/events", ""},
	"GET /v1/events/{id}":              {"/v1/events/vevent1", ""},
	"GET /v1/events/{id}/explain":      {"/v1/events/vevent1/explain?policy=triage", ""},
	"POST /v1/events/{id}/replay":      {"/v1/events/vevent1/replay", ""},
	"POST /v1/events/{id}/shadow":      {"/v1/events/vevent1/shadow", ""},
	"POST /v1/policies/plan":           {"/v1/policies/plan", `{"since":"2026-10-31T12:00:00Z","files":[{"path":"policies/a.yaml","text":"policies: []"}]}`},
	"GET /v1/decisions":                {"/v1/decisions", ""},
	"GET /v1/decisions/{id}":           {"/v1/decisions/ddecision1", ""},
	"GET /v1/executions":               {"/v1/executions", ""},
	"GET /v1/executions/{id}":          {"/v1/executions/xexecution1", ""},
	"POST /v1/executions/{id}/approve": {"/v1/executions/xexecution1/approve", `{"note":"go"}`},
	"POST /v1/executions/{id}/reject":  {"/v1/executions/xexecution1/reject", `{"reason":"no"}`},
	"POST /v1/executions/{id}/revert":  {"/v1/executions/ydone1/revert", `{"reason":"wrong"}`},
	"GET /v1/workflows":                {"/v1/workflows", ""},
	"GET /v1/workflows/{id}":           {"/v1/workflows/wworkflow1", ""},
	"POST /v1/executions/{id}/links":   {"/v1/executions/xexecution1/links", `{"person":"ROLE","verb":"approve"}`},
	"GET /v1/links":                    {aLink, ""},
	"POST /v1/links":                   {aLink, "note=go"},
	"GET /v1/approvals":                {"/v1/approvals", ""},
	"GET /v1/audit/log":                {"/v1/audit/log", ""},
	"GET /v1/audit/blob":               {"/v1/audit/blob?key=audit/tile/0/000", ""},
	"POST /v1/audit/erase":             {"/v1/audit/erase", `{"actor":"github:ana","reason":"their request"}`},
	"GET /v1/audit/records":            {"/v1/audit/records", ""},
	"GET /v1/autonomy":                 {"/v1/autonomy", ""},
	"GET /v1/autonomy/{id}":            {"/v1/autonomy/again", ""},
	"GET /v1/freezes":                  {"/v1/freezes", ""},
	"POST /v1/freezes":                 {"/v1/freezes", `{"scope":"global","reason":"fire"}`},
	"DELETE /v1/freezes":               {"/v1/freezes?scope=policy:held", ""},
	"GET /v1/audit":                    {"/v1/audit", ""},

	"GET /v1/dead-letters":              {"/v1/dead-letters", ""},
	"GET /v1/dead-letters/{id}":         {"/v1/dead-letters/orchestrator-1", ""},
	"GET /v1/dead-letters/{id}/body":    {"/v1/dead-letters/orchestrator-1/body", ""},
	"POST /v1/dead-letters/{id}/replay": {"/v1/dead-letters/orchestrator-2/replay", ""},
	"POST /v1/dead-letters/replay":      {"/v1/dead-letters/replay", `{"subscription":"other"}`},
	"DELETE /v1/dead-letters/{id}":      {"/v1/dead-letters/orchestrator-3?reason=spam", ""},
	"GET /v1/pages":                     {"/v1/pages?open=true", ""},
	"POST /v1/pages/{id}/resolve":       {"/v1/pages/ppage1/resolve", ""},
}

// description returns the routes that the OpenAPI description has.
func description(t *testing.T, w *world) (routes []string, doc map[string]any) {
	t.Helper()
	rec := w.request(auth.None, http.MethodGet, "/v1/openapi.json", "")
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, item := range doc["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	return routes, doc
}

func TestEveryRouteIsInTheMatrix(t *testing.T) {
	t.Parallel()
	routes, doc := description(t, newWorld(t))
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v, want 3.1.0", doc["openapi"])
	}
	for _, r := range routes {
		if len(gateway.Permissions[r]) == 0 {
			t.Errorf("%s is served but not in the matrix", r)
		}
	}
	for r := range gateway.Permissions {
		if !slices.Contains(routes, r) {
			t.Errorf("%s is in the matrix but not served", r)
		}
	}
}

// TestMatrix calls every route as every role (abuse case S10).
func TestMatrix(t *testing.T) {
	t.Parallel()
	for route, allowed := range gateway.Permissions {
		for _, role := range auth.Roles {
			t.Run(route+" as "+string(role), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.seed()
				w.request(auth.Editor, http.MethodPost, "/v1/freezes", `{"scope":"policy:held","reason":"test"}`)
				call, ok := calls[route]
				if !ok {
					t.Fatalf("the test does not know how to call %s", route)
				}
				method, _, _ := strings.Cut(route, " ")
				if call.path == aLink {
					call.path = w.link(auth.Admin, "admin", "approve")
				}
				got := w.request(role, method, call.path, strings.Replace(call.body, "ROLE", string(role), 1)).Code
				want := "2xx"
				switch {
				case slices.Contains(allowed, role):
				case role == auth.None:
					want = "401"
				default:
					want = "403"
				}
				if ok := got/100 == 2 && want == "2xx" || want == "401" && got == 401 || want == "403" && got == 403; !ok {
					t.Errorf("status %d, want %s", got, want)
				}
			})
		}
	}
}

// TestMatrixIsMeant pins what the matrix must never lose, whatever else it says.
func TestMatrixIsMeant(t *testing.T) {
	t.Parallel()
	for route, allowed := range gateway.Permissions {
		method, _, _ := strings.Cut(route, " ")
		if route == "POST /v1/links" {
			continue // the token is the permission: TestS14Links
		}
		if method != http.MethodGet && (slices.Contains(allowed, auth.None) || slices.Contains(allowed, auth.Viewer)) {
			t.Errorf("%s may be called by a reader", route)
		}
	}
	for _, route := range []string{"POST /v1/executions/{id}/approve", "POST /v1/executions/{id}/reject", "POST /v1/executions/{id}/revert"} {
		if slices.Contains(gateway.Permissions[route], auth.Service) {
			t.Errorf("%s may be called by a service: an answer is a person's", route)
		}
	}
}
