package openapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// TB is what a test gives: *testing.T is one.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Handler returns next behind a check of every request and response: path,
// method, query, bodies and status must be as GitHub describes them, or t
// fails and tells where they are not. A request that next refuses with 400 or
// 422 may be wrong itself. Responses that are cut off are not checked, nor is
// what is outside GitHub's API: paths below /_emulator/.
func Handler(t TB, next http.Handler) http.Handler {
	t.Helper()
	d, err := load()
	if err != nil {
		t.Errorf("%v", err)
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_emulator/") {
			next.ServeHTTP(w, r)
			return
		}
		op, ok := d.find(r)
		if !ok {
			t.Errorf("%s %s: GitHub's description has no such operation", r.Method, r.URL.Path)
			next.ServeHTTP(w, r)
			return
		}
		d.watch(t, op, next, w, r)
	})
}

// enterprise is the prefix that go-github puts before each path when it is
// pointed at a server of one's own.
const enterprise = "/api/v3"

// watch serves one request by next, and tells t what is wrong with it.
func (d *description) watch(t TB, op operation, next http.Handler, w http.ResponseWriter, r *http.Request) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	faults := d.checkRequest(op, r, sent) // before next, whose router sets other path values
	name := r.Method + " " + r.URL.Path + " (" + op.id + ")"
	rec := &recorder{ResponseWriter: w}
	next.ServeHTTP(rec, r)
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	if rec.status != http.StatusBadRequest && rec.status != http.StatusUnprocessableEntity {
		for _, f := range faults {
			t.Errorf("%s: request: %s", name, f)
		}
	}
	if f := d.checkResponse(op, r.Method, rec); f != "" {
		t.Errorf("%s: response %d: %s", name, rec.status, f)
	}
}

// recorder keeps a copy of what a handler answers.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
