package openapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/openapi"
)

// failures is a test that keeps what it is told.
type failures []string

func (*failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

const (
	comments = "/repos/o/r/issues/1/comments"
	refusal  = `{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}`
	gitRef   = `{"ref":"refs/tags/v1","node_id":"x","url":"u","object":{"type":"commit","sha":"0123456789012345678901234567890123456789","url":"u"}}`
	label    = `{"id":1,"node_id":"x","url":"https://api.github.com/x","name":"bug","description":null,"color":"ffffff","default":false}`
)

func TestHandler(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, target, sent string
		status               int
		answer               string
		want                 string // part of the one failure; "" is none
	}{
		"ref with slashes":           {"GET", "/repos/o/r/git/ref/tags/v1", "", 200, gitRef, ""},
		"enterprise prefix":          {"GET", "/api/v3/repos/o/r/git/ref/tags/v1", "", 200, gitRef, ""},
		"nullable field":             {"GET", "/repos/o/r/issues/1/labels", "", 200, "[" + label + "]", ""},
		"numbers in the query":       {"GET", comments + "?per_page=100&since=2026-01-02T03:04:05Z", "", 200, "[]", ""},
		"described refusal":          {"GET", comments, "", 404, refusal, ""},
		"refusal of any operation":   {"GET", comments, "", 401, refusal, ""},
		"not modified":               {"GET", comments, "", 304, "", ""},
		"no content":                 {"DELETE", "/repos/o/r/issues/comments/5", "", 204, "", ""},
		"control API":                {"POST", "/_emulator/reset", "", 200, "?", ""},
		"undescribed by GitHub":      {"GET", "/repositories/9", "", 404, refusal, ""},
		"wrong body that is refused": {"POST", comments, `{"text":1}`, 422, `{"message":"m","documentation_url":"d"}`, ""},

		"labels as a bare list":     {"POST", "/repos/o/r/issues/1/labels", `["bug"]`, 200, "[" + label + "]", ""},
		"runs since a time":         {"GET", "/repos/o/r/actions/runs?created=%3E%3D2026-01-02T03:04:05Z", "", 200, `{"total_count":0,"workflow_runs":[]}`, ""},
		"ref with an escaped slash": {"GET", "/repos/o/r/commits/feature%2Fx/check-runs", "", 200, `{"total_count":0,"check_runs":[]}`, ""},

		"runs since no time":     {"GET", "/repos/o/r/actions/runs?created=soon", "", 200, `{"total_count":0,"workflow_runs":[]}`, "query parameter created"},
		"labels as numbers":      {"PUT", "/repos/o/r/issues/1/labels", "[1]", 200, "[" + label + "]", "oneOf"},
		"unknown path":           {"GET", "/repos/o/r/isues", "", 404, refusal, "no such operation"},
		"unknown method":         {"DELETE", comments, "", 404, refusal, "no such operation"},
		"path parameter":         {"GET", "/repos/o/r/issues/one/comments", "", 200, "[]", "path parameter issue_number"},
		"unknown query":          {"GET", comments + "?perpage=1", "", 200, "[]", "no query parameter perpage"},
		"wrong query":            {"GET", comments + "?page=two", "", 200, "[]", "query parameter page"},
		"query not in the enum":  {"GET", "/repos/o/r/issues?state=gone", "", 200, "[]", "query parameter state"},
		"body missing":           {"POST", comments, "", 401, refusal, "body is missing"},
		"body lacks a field":     {"POST", comments, `{}`, 401, refusal, "missing propert"},
		"body has more":          {"POST", comments, `{"body":"b","bod":1}`, 401, refusal, "no field bod"},
		"body has more inside":   {"POST", "/repos/o/r/check-runs", `{"name":"n","head_sha":"s","output":{"title":"t","summary":"s","tex":1}}`, 401, refusal, "no field tex"},
		"body is no JSON":        {"POST", comments, `{`, 401, refusal, "not JSON"},
		"body where none may be": {"GET", comments, `{}`, 200, "[]", "takes no body"},
		"wrong status":           {"GET", comments, "", 202, "[]", "no such status"},
		"wrong answer":           {"GET", "/repos/o/r/git/ref/tags/v1", "", 200, `{"ref":"x"}`, "missing propert"},
		"wrong type in answer":   {"GET", "/repos/o/r/git/ref/tags/v1", "", 200, strings.Replace(gitRef, `"refs/tags/v1"`, "null", 1), "got null"},
		"wrong date":             {"POST", "/repos/o/r/git/tags", `{"tag":"v","message":"m","object":"o","type":"commit","tagger":{"name":"n","email":"e","date":"soon"}}`, 401, refusal, "date-time"},
		"literal before number":  {"DELETE", "/repos/o/r/issues/comments/assignees", "", 204, "", "path parameter comment_id"},
		"answer is no JSON":      {"GET", comments, "", 200, "[", "not JSON"},
		"answer is empty":        {"GET", comments, "", 200, "", "not JSON"},
		"body in the answer":     {"POST", "/repos/o/r/actions/workflows/ci.yml/dispatches", `{"ref":"main"}`, 418, "", "no such status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got failures
			var seen string
			h := openapi.Handler(&got, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				seen = string(body)
				w.WriteHeader(tc.status)
				if tc.status != http.StatusNoContent && tc.status != http.StatusNotModified {
					_, _ = io.WriteString(w, tc.answer)
				}
			}))
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(tc.method, tc.target, strings.NewReader(tc.sent)))
			if rec.Code != tc.status || rec.Body.String() != tc.answer || seen != tc.sent {
				t.Errorf("the check changed the exchange: %d %q, next read %q", rec.Code, rec.Body, seen)
			}
			switch {
			case tc.want == "" && len(got) > 0:
				t.Errorf("failures %q, want none", got)
			case tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)):
				t.Errorf("failures %q, want one with %q", got, tc.want)
			}
		})
	}
}

func TestHandlerLetsAnAbortedAnswerThrough(t *testing.T) {
	t.Parallel()
	h := openapi.Handler(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	srv := httptest.NewServer(h)
	defer srv.Close()
	if resp, err := srv.Client().Get(srv.URL + comments); err == nil {
		resp.Body.Close()
		t.Errorf("got %d, want a connection that is reset", resp.StatusCode)
	}
}
