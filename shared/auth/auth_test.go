package auth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func newKeys(t *testing.T) (auth.Keys, *clock.Virtual) {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(start)
	return auth.Keys{Store: memory.New(memory.Options{Schema: schema}), Clock: c}, c
}

func issue(t *testing.T, k auth.Keys, name string, role auth.Role, life time.Duration) string {
	t.Helper()
	token, err := k.Issue(t.Context(), name, role, life, "test")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestKeyVerifiesUntilItEnds(t *testing.T) {
	t.Parallel()
	k, c := newKeys(t)
	token := issue(t, k, "local", auth.Editor, time.Hour)
	id, err := k.Verify(t.Context(), token)
	if err != nil || id != (auth.Identity{Name: "local", Role: auth.Editor}) || id.Actor() != "key:local" {
		t.Fatalf("%+v %v", id, err)
	}
	c.Advance(time.Hour)
	if _, err := k.Verify(t.Context(), token); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an expired key gave %v", err)
	}
}

func TestS22EveryBadKeyGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	k, c := newKeys(t)
	expired := issue(t, k, "old", auth.Admin, time.Minute)
	revoked := issue(t, k, "gone", auth.Admin, time.Hour)
	good := issue(t, k, "good", auth.Admin, time.Hour)
	c.Advance(2 * time.Minute)
	if err := k.Revoke(t.Context(), "gone", "test"); err != nil {
		t.Fatal(err)
	}
	last := "A"
	if strings.HasSuffix(good, "A") {
		last = "B"
	}
	answers := map[string]bool{}
	for _, token := range []string{"", "im_", expired, revoked, good[:len(good)-1] + last, good + "A", strings.Repeat("x", len(good)), "im_" + strings.Repeat("/", len(good)-3)} {
		_, err := k.Verify(t.Context(), token)
		if !fault.Is(err, fault.Unauthenticated) {
			t.Fatalf("%q: %v", token, err)
		}
		answers[err.Error()] = true
	}
	if len(answers) != 1 {
		t.Errorf("answers differ: %v", answers)
	}
	if _, err := k.Verify(t.Context(), good); err != nil {
		t.Errorf("the good key: %v", err)
	}
}

func TestS21KeyIsNowhereStored(t *testing.T) {
	t.Parallel()
	k, _ := newKeys(t)
	token := issue(t, k, "local", auth.Admin, time.Hour)
	for _, collection := range []string{auth.Collection, audit.Collection} {
		p, err := k.Store.Query(t.Context(), store.Query{Collection: collection})
		if err != nil || len(p.Documents) != 1 {
			t.Fatalf("%s: %d documents, %v; want 1", collection, len(p.Documents), err)
		}
		if strings.Contains(string(p.Documents[0].Data), token[3:]) {
			t.Errorf("%s holds the key", collection)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	k, _ := newKeys(t)
	for name, c := range map[string]struct {
		name string
		role auth.Role
		life time.Duration
	}{
		"over 90 days": {"a", auth.Viewer, auth.MaxLife + 1},
		"no life":      {"a", auth.Viewer, 0},
		"no name":      {"", auth.Viewer, time.Hour},
		"none":         {"a", auth.None, time.Hour},
		"no such role": {"a", "root", time.Hour},
	} {
		if _, err := k.Issue(t.Context(), c.name, c.role, c.life, "test"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	m := auth.Matrix{"open": {auth.None}, "read": {auth.Viewer}}
	for _, c := range []struct {
		route string
		role  auth.Role
		want  fault.Kind
	}{
		{"open", auth.None, ""},
		{"open", auth.Service, ""},
		{"read", auth.Viewer, ""},
		{"read", auth.None, fault.Unauthenticated},
		{"read", auth.Editor, fault.Forbidden},
		{"unlisted", auth.Admin, fault.Forbidden},
		{"unlisted", auth.None, fault.Unauthenticated},
	} {
		err := m.Check(c.route, auth.Identity{Role: c.role})
		if c.want == "" && err != nil || c.want != "" && !fault.Is(err, c.want) {
			t.Errorf("%s as %s: %v, want %q", c.route, c.role, err, c.want)
		}
	}
}

// gate is an authenticator before a handler that answers with the caller.
func gate(k auth.Keys, c clock.Clock, forwarded bool) http.Handler {
	a := &auth.Authenticator{Keys: k, Limiter: auth.NewLimiter(c), Forwarded: forwarded, Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
		message, wait := fault.Public(err)
		w.WriteHeader(map[fault.Kind]int{fault.Unauthenticated: 401, fault.Exhausted: 429}[fault.KindOf(err)])
		_, _ = fmt.Fprintf(w, "%s %s", message, wait)
	}}
	return a.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(auth.From(r.Context()))
	}))
}

func call(t *testing.T, h http.Handler, addr, header, via string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.RemoteAddr = addr
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	if via != "" {
		r.Header.Set("X-Forwarded-For", via)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	k, c := newKeys(t)
	h := gate(k, c, false)
	token := issue(t, k, "local", auth.Viewer, time.Hour)
	for header, want := range map[string]int{
		"": 200, "Bearer " + token: 200, "bearer " + token: 200, "Basic " + token: 401, token: 401, "Bearer ": 401, "Bearer im_x": 401,
	} {
		if rec := call(t, h, "192.0.2.1:1", header, ""); rec.Code != want {
			t.Errorf("%.12q: %d, want %d", header, rec.Code, want)
		}
	}
	if body := call(t, h, "192.0.2.1:1", "", "").Body.String(); !strings.Contains(body, "none") {
		t.Errorf("a caller without a key is %s", body)
	}
}

// TestS22GuessingIsLimited is abuse case S22: identical bytes, then 429.
func TestS22GuessingIsLimited(t *testing.T) {
	t.Parallel()
	k, c := newKeys(t)
	token := issue(t, k, "local", auth.Viewer, time.Hour)
	h := gate(k, c, false)
	var first string
	for i := range 10 {
		rec := call(t, h, fmt.Sprintf("192.0.2.1:%d", i), "Bearer im_guess", "")
		if first == "" {
			first = rec.Body.String()
		}
		if rec.Code != 401 || rec.Body.String() != first {
			t.Fatalf("attempt %d: %d %s, want 401 and the same bytes", i, rec.Code, rec.Body)
		}
	}
	if rec := call(t, h, "192.0.2.1:99", "Bearer "+token, ""); rec.Code != 429 || !strings.Contains(rec.Body.String(), "1m0s") {
		t.Errorf("after ten failures even the right key: %d %s, want 429 for a minute", rec.Code, rec.Body)
	}
	if rec := call(t, h, "192.0.2.2:1", "Bearer "+token, ""); rec.Code != 200 {
		t.Errorf("another address: %d", rec.Code)
	}
	c.Advance(time.Minute)
	if rec := call(t, h, "192.0.2.1:99", "Bearer "+token, ""); rec.Code != 200 {
		t.Errorf("a minute later: %d", rec.Code)
	}
}

func TestLimiterCountsANetworkOnce(t *testing.T) {
	t.Parallel()
	l := auth.NewLimiter(clock.NewVirtual(start))
	for i := range 10 {
		l.Fail(fmt.Sprintf("[2001:db8:0:1::%x]:443", i+1))
	}
	for addr, limited := range map[string]bool{
		"[2001:db8:0:1:ffff::1]:1": true, "[2001:db8:0:2::1]:1": false, "192.0.2.1:1": false,
	} {
		if got := l.Wait(addr) > 0; got != limited {
			t.Errorf("%s limited: %v", addr, got)
		}
	}
}

// TestFloodFreesNoGuesser fills the limiter's memory from many addresses.
func TestFloodFreesNoGuesser(t *testing.T) {
	t.Parallel()
	l := auth.NewLimiter(clock.NewVirtual(start))
	for range 10 {
		l.Fail("192.0.2.1:1")
	}
	for i := range 6000 {
		l.Fail(fmt.Sprintf("10.0.%d.%d:1", i/256, i%256))
	}
	if l.Wait("192.0.2.1:1") == 0 {
		t.Error("the guesser was forgotten")
	}
}

func TestForwardedAddress(t *testing.T) {
	t.Parallel()
	k, c := newKeys(t)
	h := gate(k, c, true)
	for i := range 10 { // the first entry is the caller's own claim
		call(t, h, "10.0.0.1:1", "Bearer im_guess", fmt.Sprintf("198.51.100.%d, 192.0.2.1", i))
	}
	if rec := call(t, h, "10.0.0.1:1", "Bearer im_guess", "1.2.3.4, 192.0.2.1"); rec.Code != 429 {
		t.Errorf("the same caller with another claim: %d", rec.Code)
	}
	if rec := call(t, h, "10.0.0.1:1", "Bearer im_guess", "192.0.2.2"); rec.Code != 401 {
		t.Errorf("another caller through the same front end: %d", rec.Code)
	}
}
