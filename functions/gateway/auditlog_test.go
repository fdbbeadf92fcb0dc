package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
)

// TestOnlyTheLogIsServed: the blobs of events hold bodies, which no role reads
// here (abuse case S11).
func TestOnlyTheLogIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for key, want := range map[string]int{
		"audit/tile/0/000": 200, "audit/tile/0/001": 404, "events/secret.json": 400,
		"audit/tile/../../events/secret.json": 404, "audit/../events/secret.json": 400, "audit/tile/%2e%2e": 404,
	} {
		rec := w.request(auth.Admin, http.MethodGet, "/v1/audit/blob?key="+key, "")
		if rec.Code != want || strings.Contains(rec.Body.String(), "bytes of events") {
			t.Errorf("%s: %d %s, want %d", key, rec.Code, rec.Body, want)
		}
	}
	rec := w.request(auth.Viewer, http.MethodGet, "/v1/audit/log", "")
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), "audit/checkpoint/000000000000007") {
		t.Errorf("%d %s: want the checkpoint beyond the empty log", rec.Code, rec.Body)
	}
}
