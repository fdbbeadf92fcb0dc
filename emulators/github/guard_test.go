package github_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestS32NoWebPageSteersTheFake is abuse case S32: rebinding and requests
// across origins, which a browser sends without asking as text/plain.
func TestS32NoWebPageSteersTheFake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host   string
		header http.Header
		want   int
	}{
		"a program":          {"127.0.0.1:1", nil, 200},
		"by name":            {"LocalHost:1", nil, 200},
		"IPv6":               {"[::1]:1", nil, 200},
		"typed by a person":  {"127.0.0.1:1", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		"rebound name":       {"evil.example:1", nil, 403},
		"name that looks so": {"127.0.0.1.evil.example", nil, 403},
		"no host":            {"", nil, 403},
		"another page":       {"127.0.0.1:1", http.Header{"Origin": {"http://evil.example"}}, 403},
		"null origin":        {"127.0.0.1:1", http.Header{"Origin": {"null"}}, 403},
		"image of a page":    {"127.0.0.1:1", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			for _, path := range []string{"/_emulator/reset", "/_emulator/faults"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("{}"))
				r.RemoteAddr, r.Host = "127.0.0.1:5", c.host
				r.Header.Set("Content-Type", "text/plain")
				for k, v := range c.header {
					r.Header[k] = v
				}
				rec := httptest.NewRecorder()
				w.ServeHTTP(rec, r)
				if forbidden := rec.Code == http.StatusForbidden; forbidden != (c.want == 403) {
					t.Errorf("%s: %d %s, want %d", path, rec.Code, rec.Body, c.want)
				}
			}
		})
	}
}
