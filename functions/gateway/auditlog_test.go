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

// TestS19NobodyErasesThemselves: an admin cannot take their own deeds off the
// record, under none of their names.
func TestS19NobodyErasesThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for actor, want := range map[string]int{
		"key:admin": 403, "KEY:Admin": 403, "github:admin-at-home": 403, "github:Admin-At-Home": 403, "link:admin": 403, "link:editor": 200, "key:editor": 200, "github:ann": 200,
	} {
		if rec := w.request(auth.Admin, http.MethodPost, "/v1/audit/erase", `{"actor":"`+actor+`","reason":"theirs"}`); rec.Code != want {
			t.Errorf("%s: %d %s, want %d", actor, rec.Code, rec.Body, want)
		}
	}
}

// TestFreezeOfAnUnknownPolicySaysSo: a name that is mistyped in a hurry must not
// pass for a freeze of what was meant.
func TestFreezeOfAnUnknownPolicySaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set, _ := newTrusted(t)
	known := set.Policies.Current().Policies()[0].Name
	for scope, note := range map[string]string{"policy:" + known: "", "policy:" + known + "x": `did you mean \"` + known, "global": ""} {
		rec := w.request(auth.Editor, http.MethodPost, "/v1/freezes", `{"scope":"`+scope+`","reason":"r"}`)
		if rec.Code != 200 || note == "" && strings.Contains(rec.Body.String(), `"note"`) || !strings.Contains(rec.Body.String(), note) {
			t.Errorf("%s: %d %s, want the note %q", scope, rec.Code, rec.Body, note)
		}
	}
}
