package github_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/actiontest"
)

func (h *hub) trouble(t *testing.T, trouble actiontest.Trouble) {
	t.Helper()
	h.ClearFaults()
	h.tardy.slow.Store(trouble == actiontest.SlowAnswer)
	var f fake.Fault
	methods := []string{""}
	writes := []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	switch trouble {
	case actiontest.LostAnswer:
		methods, f = writes, fake.Fault{Path: "^/repos/", AfterEffect: true}
	case actiontest.Down:
		f = fake.Fault{Status: http.StatusServiceUnavailable, Times: 100}
	case actiontest.RateLimited:
		reset := fmt.Sprint(time.Now().Add(time.Hour).Unix())
		f = fake.Fault{Status: http.StatusForbidden, Times: 100, Header: map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": reset}}
	case actiontest.Denied:
		methods, f = writes, fake.Fault{Path: "^/repos/", Status: http.StatusForbidden, Times: 100}
	case actiontest.Gone:
		f = fake.Fault{Path: "^/repos/", Status: http.StatusNotFound, Times: 100}
	default:
		return
	}
	for _, f.Method = range methods {
		if err := h.Inject(f); err != nil {
			t.Fatal(err)
		}
	}
}

// tardy serves the next write, but keeps the answer until the client has gone.
type tardy struct {
	next    http.Handler
	reached chan struct{}
	slow    atomic.Bool
	sent    atomic.Pointer[string] // the last write: method, last step of the path, body
}

func (d *tardy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	write := r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/repos/")
	if write {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		sent := r.Method + " " + path.Base(r.URL.EscapedPath()) + " " + string(bytes.TrimSpace(body))
		d.sent.Store(&sent)
	}
	if !write || !d.slow.CompareAndSwap(true, false) {
		d.next.ServeHTTP(w, r)
		return
	}
	d.next.ServeHTTP(httptest.NewRecorder(), r)
	d.reached <- struct{}{}
	<-r.Context().Done()
}

// gaps lets pass what GitHub does but its description leaves out.
type gaps struct{ *testing.T }

var described = []*regexp.Regexp{
	// "You can also pass an array of labels directly", says the prose only.
	regexp.MustCompile(`(?s)issues/add-labels\): request: body: .*got array, want object`),
	// A search range has the format date-time in the description.
	regexp.MustCompile(`(?s)query parameter created: .*date-time`),
}

// Errorf implements openapi.TB.
func (g gaps) Errorf(format string, args ...any) {
	g.Helper()
	message := fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(described, func(gap *regexp.Regexp) bool { return gap.MatchString(message) }) {
		g.T.Errorf("%s", message)
	}
}
