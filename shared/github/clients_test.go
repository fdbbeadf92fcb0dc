package github_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

var scope = github.Scope{
	InstallationID: 7, RepositoryID: 42, Repository: "o/r",
	Permissions: map[string]string{"issues": "write", "metadata": "read"},
}

type keys struct{ value secret.Value }

func (k keys) Versions(context.Context, string) ([]secret.Version, error) {
	if k.value == nil {
		return nil, secret.ErrNotFound
	}
	return []secret.Version{{ID: "1", Value: k.value}}, nil
}

var appKey = sync.OnceValue(func() secret.Value {
	key, _, err := github.NewKey()
	if err != nil {
		panic(err)
	}
	return key
})

// server is a GitHub that makes tokens t1, t2, … and serves what api says.
type server struct {
	tokens, calls atomic.Int64
	asked         atomic.Pointer[map[string]any] // body of the last token request
	mint          http.HandlerFunc               // nil: a token for repository 42, o/r
	api           http.HandlerFunc
	clock         *clock.Virtual
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/app" {
		_, _ = io.WriteString(w, `{"slug":"infinity"}`)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/access_tokens") {
		s.calls.Add(1)
		s.api(w, r)
		return
	}
	n := s.tokens.Add(1)
	if s.mint != nil {
		s.mint(w, r)
		return
	}
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	s.asked.Store(&body)
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"token":"t%d","expires_at":%q,"repositories":[{"id":42,"full_name":"O/r"}]}`,
		n, time.Now().Add(time.Hour).Format(time.RFC3339))
}

func (s *server) start(t *testing.T) *github.Clients {
	t.Helper()
	return s.startAs(t, func(*github.Config) {})
}

func (s *server) startAs(t *testing.T, change func(*github.Config)) *github.Clients {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	s.clock = clock.NewVirtual(time.Now().Truncate(time.Second))
	cfg := github.Config{AppID: 1, KeySecret: "key", BaseURL: srv.URL, Timeout: 5 * time.Second}
	change(&cfg)
	clients, err := github.New(cfg, github.Deps{Secrets: keys{appKey()}, Clock: s.clock, Transport: &http.Transport{}})
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

func label(t *testing.T, c *github.Clients, s github.Scope) error {
	t.Helper()
	client, err := c.Client(s)
	if err != nil {
		return err
	}
	_, _, err = client.Issues.AddLabelsToIssue(t.Context(), "o", "r", 1, []string{"bug"})
	return github.Fault(err, "label o/r issue 1")
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[]`) }

func TestTokenIsForOneRepositoryAndTheNamedPermissions(t *testing.T) {
	t.Parallel()
	s := &server{api: ok}
	c := s.start(t)
	for range 3 {
		if err := label(t, c, scope); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]any{
		"repository_ids": []any{42.0},
		"permissions":    map[string]any{"issues": "write", "metadata": "read"},
	}
	if diff := cmp.Diff(want, *s.asked.Load()); diff != "" {
		t.Errorf("token request (-want +got):\n%s", diff)
	}
	if n := s.tokens.Load(); n != 1 {
		t.Errorf("3 calls made %d tokens, want 1", n)
	}
	other := scope
	other.Permissions = map[string]string{"checks": "write"}
	if err := label(t, c, other); err != nil {
		t.Fatal(err)
	}
	if n := s.tokens.Load(); n != 2 {
		t.Errorf("another scope used the first one's token")
	}
}

func TestScopeIsRefused(t *testing.T) {
	t.Parallel()
	c := (&server{api: ok}).start(t)
	for name, change := range map[string]func(*github.Scope){
		"no repository id":   func(s *github.Scope) { s.RepositoryID = 0 },
		"no permission":      func(s *github.Scope) { s.Permissions = nil },
		"unknown permission": func(s *github.Scope) { s.Permissions = map[string]string{"isues": "write"} },
		"path in the name":   func(s *github.Scope) { s.Repository = "o/../x" },
		"query in the name":  func(s *github.Scope) { s.Repository = "o/r?x" },
	} {
		s := scope
		change(&s)
		if _, err := c.Client(s); err == nil {
			t.Errorf("%s: got a client", name)
		}
	}
}

// An event of a repository's own hook names no installation: GitHub is asked,
// as the App.
func TestInstallationIsFound(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]fault.Kind{http.StatusOK: "", http.StatusNotFound: fault.NotFound, http.StatusBadGateway: fault.Unavailable} {
		s := &server{}
		s.api = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/repos/o/r/installation" {
				ok(w, r)
				return
			}
			if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
				t.Errorf("asked with %.10q", r.Header.Get("Authorization"))
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"id":7}`)
		}
		s.mint = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/app/installations/7/access_tokens" {
				t.Errorf("the token is asked at %s", r.URL.Path)
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"token":"t","expires_at":%q,"repositories":[{"id":42,"full_name":"o/r"}]}`, time.Now().Add(time.Hour).Format(time.RFC3339))
		}
		unnamed := scope
		unnamed.InstallationID = 0
		if err := label(t, s.start(t), unnamed); (kind == "") != (err == nil) || kind != "" && !fault.Is(err, kind) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// A token that dies is renewed once for all callers, and the write is made.
func TestDeadTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	s := &server{}
	s.api = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") == "token t1" || !strings.Contains(string(body), "bug") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		ok(w, r)
	}
	c := s.start(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := label(t, c, scope); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.tokens.Load(); n != 2 {
		t.Errorf("made %d tokens, want 2", n)
	}
}

func TestTokenRefusedForGood(t *testing.T) {
	t.Parallel()
	s := &server{api: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }}
	if err := label(t, s.start(t), scope); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("got %v", err)
	}
	if tokens, calls := s.tokens.Load(), s.calls.Load(); tokens != 2 || calls != 2 {
		t.Errorf("%d tokens and %d calls, want 2 and 2", tokens, calls)
	}
}

func TestNoTokenIsMade(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	covering := `{"token":"t","expires_at":"2100-01-01T00:00:00Z","repositories":[%s]}`
	for name, tc := range map[string]struct {
		mint http.HandlerFunc
		want fault.Kind
	}{
		"suspended":             {answer(403, `{"message":"This installation has been suspended"}`), fault.Forbidden},
		"uninstalled":           {answer(404, `{}`), fault.NotFound},
		"bad key":               {answer(401, `{}`), fault.Unauthenticated},
		"permission":            {answer(422, `{"message":"The permissions requested are not granted to this installation."}`), fault.Forbidden},
		"transferred":           {answer(422, `{"message":"There is at least one repository that does not exist"}`), fault.NotFound},
		"down":                  {answer(502, ``), fault.Unavailable},
		"limit":                 {answer(429, ``), fault.Exhausted},
		"renamed":               {answer(201, fmt.Sprintf(covering, `{"id":42,"full_name":"o/new"}`)), fault.Conflict},
		"other takes the name":  {answer(201, fmt.Sprintf(covering, `{"id":43,"full_name":"o/r"}`)), fault.NotFound},
		"repositories not said": {answer(201, fmt.Sprintf(covering, ``)), fault.NotFound},
		"cut short":             {answer(201, `{"token":"t`), fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{mint: tc.mint, api: ok}
			err := label(t, s.start(t), scope)
			if got := fault.KindOf(err); got != tc.want {
				t.Errorf("got %s (%v), want %s", got, err, tc.want)
			}
			if s.calls.Load() != 0 || s.tokens.Load() != 1 {
				t.Errorf("%d writes after %d token requests, want 0 after 1", s.calls.Load(), s.tokens.Load())
			}
		})
	}
}

func TestKeyCannotBeRead(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(&server{api: ok})
	t.Cleanup(srv.Close)
	cfg := github.Config{AppID: 1, KeySecret: "key", BaseURL: srv.URL, Timeout: time.Second}
	for _, value := range []secret.Value{nil, secret.Value("no key"), secret.Value("-----BEGIN X-----\nAAAA\n-----END X-----\n")} {
		c, err := github.New(cfg, github.Deps{Secrets: keys{value}, Clock: clock.Real{}})
		if err != nil {
			t.Fatal(err)
		}
		if err := label(t, c, scope); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("got %v", err)
		}
	}
}

func TestRenamedRepositoryIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := &server{api: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/repositories/9/issues/1/labels", http.StatusTemporaryRedirect)
	}}
	if err := label(t, s.start(t), scope); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
	if s.calls.Load() != 1 {
		t.Error("the redirect was followed")
	}
}

func TestBot(t *testing.T) {
	t.Parallel()
	got, err := (&server{api: ok}).start(t).Bot(t.Context())
	if err != nil || got != "infinity[bot]" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestConfigNamesAllMistakes(t *testing.T) {
	t.Parallel()
	err := github.Config{BaseURL: "http://example.com"}.Validate()
	for _, want := range []string{"GITHUB_APP_ID", "GITHUB_APP_KEY_SECRET", "GITHUB_API_URL", "GITHUB_TIMEOUT"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	good := github.Config{AppID: 1, KeySecret: "k", BaseURL: "https://api.github.com", Timeout: time.Second}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// Under another name than GitHub's the platform would not know its own events.
func TestAnotherSlugMakesNoToken(t *testing.T) {
	t.Parallel()
	s := &server{api: ok}
	err := label(t, s.startAs(t, func(cfg *github.Config) { cfg.Slug = "infinity-matrix" }), scope)
	if !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "GITHUB_APP_SLUG") || s.tokens.Load() != 0 {
		t.Errorf("%v after %d tokens", err, s.tokens.Load())
	}
	if err := label(t, s.startAs(t, func(cfg *github.Config) { cfg.Slug = "Infinity" }), scope); err != nil {
		t.Errorf("its own name: %v", err)
	}
}
