package github_test

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	gh "github.com/google/go-github/v66/github"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/openapi"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/actiontest"
	actions "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

const appID = 7

type appKey struct {
	private secret.Value
	public  *rsa.PublicKey
}

var key = sync.OnceValue(func() appKey {
	private, public, err := github.NewKey()
	if err != nil {
		panic(err)
	}
	return appKey{private, public}
})

// Versions implements secret.Source.
func (k appKey) Versions(context.Context, string) ([]secret.Version, error) {
	return []secret.Version{{ID: "1", Value: k.private}}, nil
}

// hub is the fake GitHub, checked against GitHub's own description, with the
// platform's own client and what the last event told of.
type hub struct {
	*fake.Server
	clients *github.Clients
	tardy   *tardy

	mu   sync.Mutex
	told []byte // the last webhook's body

	target action.Target // the repository of the last event
	owner  string
	repo   string
	event  payload
	begun  int // effects before the world began
}

// payload is what the tests need of a webhook.
type payload struct {
	Repository struct {
		ID            int64
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
	}
	Installation struct{ ID int64 }
	Sender       map[string]any
	Issue        struct {
		Number    int
		UpdatedAt string `json:"updated_at"`
	}
	PullRequest struct {
		Number    int
		UpdatedAt string `json:"updated_at"`
		Head      struct{ SHA string }
	} `json:"pull_request"`
	CheckRun struct {
		HeadSHA string `json:"head_sha"`
	} `json:"check_run"`
	WorkflowRun struct {
		ID         int64
		RunAttempt int    `json:"run_attempt"`
		HeadSHA    string `json:"head_sha"`
	} `json:"workflow_run"`
	Workflow struct {
		ID   int64
		Path string
	}
}

// newHub starts a fake in which event has happened.
func newHub(t *testing.T, event string, permissions map[string]string) *hub {
	t.Helper()
	h := &hub{tardy: &tardy{reached: make(chan struct{}, 1)}}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.told, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(hook.Close)
	var err error
	h.Server, err = fake.New(fake.Config{
		AppID: appID, AppKey: key().public, Secret: []byte("hush"), WebhookURL: hook.URL, Permissions: permissions,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	h.tardy.next = openapi.Handler(gaps{t}, h.Server)
	api := httptest.NewServer(h.tardy)
	t.Cleanup(api.Close)
	h.clients, err = github.New(
		github.Config{AppID: appID, KeySecret: "key", BaseURL: api.URL, Timeout: time.Minute},
		github.Deps{Secrets: key(), Clock: clock.Real{}, Transport: &http.Transport{}},
	)
	if err != nil {
		t.Fatal(err)
	}
	h.happen(t, event)
	return h
}

// happen makes an event happen, and target the repository that it tells of.
func (h *hub) happen(t *testing.T, event string) {
	t.Helper()
	if _, err := h.Deliver(t.Context(), fake.Trigger{Name: event}); err != nil {
		t.Fatalf("deliver %s: %v", event, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.event = payload{}
	if err := json.Unmarshal(h.told, &h.event); err != nil {
		t.Fatal(err)
	}
	h.owner, h.repo, _ = strings.Cut(h.event.Repository.FullName, "/")
	h.target = action.Target{
		InstallationID: h.event.Installation.ID, RepositoryID: h.event.Repository.ID,
		Repository: h.event.Repository.FullName, Kind: "repository",
	}
}

// everything is a client that may do all that a test sets up or reads back.
func (h *hub) everything(t *testing.T) *gh.Client {
	t.Helper()
	c, err := h.clients.Client(github.Scope{
		InstallationID: h.target.InstallationID, RepositoryID: h.target.RepositoryID, Repository: h.target.Repository,
		Permissions: map[string]string{
			"issues": "write", "pull_requests": "write", "contents": "write", "checks": "write", "actions": "write",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *hub) action(t *testing.T, name string) action.Action {
	t.Helper()
	registry, err := action.NewRegistry(actions.New(h.clients)...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := registry.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// world is what the suite works on.
func (h *hub) world(t *testing.T, s scene) actiontest.World {
	t.Helper()
	if s.before != nil {
		s.before(t, h)
	}
	h.begun = len(h.Effects())
	return actiontest.World{
		Action:  h.action(t, s.action),
		Request: action.Request{Key: "0f1e2d3c4b5a", Target: s.target(h), Args: json.RawMessage(s.arguments(h))},
		Effects: func() int { return len(h.Effects()) - h.begun },
		State:   func() string { return h.state(t) },
		Break:   func(trouble actiontest.Trouble) { h.trouble(t, trouble) },
		Reached: h.tardy.reached,
	}
}
