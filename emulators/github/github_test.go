package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

const appID = 7

var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// world is a fake GitHub with a receiver of its webhooks and a clock of its own.
type world struct {
	*github.Server
	url   string
	clock *clock.Virtual
	hook  *receiver
}

// receiver keeps the webhooks that came.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []*http.Request
	bodies [][]byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.bodies = append(r.got, req), append(r.bodies, body)
	w.WriteHeader(r.status)
}

func (r *receiver) last() (*http.Request, []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got[len(r.got)-1], r.bodies[len(r.bodies)-1]
}

// newWorld starts a fake; change may alter its configuration.
func newWorld(t *testing.T, change func(*github.Config)) *world {
	t.Helper()
	w := &world{clock: clock.NewVirtual(time.Now().UTC().Truncate(time.Second)), hook: &receiver{status: http.StatusAccepted}}
	hook := httptest.NewServer(w.hook)
	t.Cleanup(hook.Close)
	cfg := github.Config{
		Clock: w.clock, AppID: appID, AppKey: &appKey().PublicKey, Secret: []byte("hush"), WebhookURL: hook.URL,
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if w.Server, err = github.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	api := httptest.NewServer(checked(t, w.Server))
	t.Cleanup(api.Close)
	w.url = api.URL
	return w
}

// app returns a client that signs as the App.
func (w *world) app(t *testing.T) *gh.Client {
	t.Helper()
	return w.client(t, w.transport())
}

func (w *world) transport() *ghinstallation.AppsTransport {
	tr := ghinstallation.NewAppsTransportFromPrivateKey(&http.Transport{}, appID, appKey())
	tr.BaseURL = w.url
	return tr
}

// as returns a client of an installation, with these permissions; nil is all.
func (w *world) as(t *testing.T, installation int64, permissions *gh.InstallationPermissions) *gh.Client {
	t.Helper()
	tr := ghinstallation.NewFromAppsTransport(w.transport(), installation)
	tr.InstallationTokenOptions = &gh.InstallationTokenOptions{Permissions: permissions} // nil would send "null"
	return w.client(t, tr)
}

func (w *world) client(t *testing.T, tr http.RoundTripper) *gh.Client {
	t.Helper()
	c := gh.NewClient(&http.Client{Transport: tr})
	var err error
	if c.BaseURL, err = c.BaseURL.Parse(w.url + "/"); err != nil {
		t.Fatal(err)
	}
	return c
}

// deliver triggers an event and returns what came of it.
func (w *world) deliver(t *testing.T, name string) (github.Delivery, map[string]any) {
	t.Helper()
	d, err := w.Deliver(t.Context(), github.Trigger{Name: name})
	if err != nil {
		t.Fatalf("deliver %s: %v", name, err)
	}
	_, raw := w.hook.last()
	return d, parse(t, raw)
}
