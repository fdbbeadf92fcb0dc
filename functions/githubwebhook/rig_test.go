package githubwebhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/functions/githubwebhook"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	secretmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
)

const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958"

// recorder keeps what is published.
type recorder struct {
	mu       sync.Mutex
	messages []bus.Message
	err      error
}

func (p *recorder) Publish(_ context.Context, topic string, m bus.Message) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return "", p.err
	}
	m.Data = bytes.Clone(m.Data)
	p.messages = append(p.messages, m)
	return topic, nil
}

// world is a receiver and all that it stands on.
type world struct {
	handler http.Handler
	bus     *recorder
	blobs   *blobmemory.Store
	secrets *secretmemory.Store
	clock   *clock.Virtual
}

func newWorld(tb testing.TB, change func(*githubwebhook.Config)) *world {
	tb.Helper()
	w := &world{bus: &recorder{}, clock: clock.NewVirtual(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))}
	w.blobs, w.secrets = blobmemory.New(w.clock), secretmemory.New(w.clock)
	w.add(tb, "old secret")
	w.add(tb, "new secret")
	c := githubwebhook.Config{MaxBody: 25 << 20, Topic: event.TopicGitHub, Inline: 9_000_000, Secret: "github-webhook"}
	if change != nil {
		change(&c)
	}
	h, err := githubwebhook.New(c, githubwebhook.Deps{Publisher: w.bus, Blobs: w.blobs, Secrets: w.secrets, Clock: w.clock})
	if err != nil {
		tb.Fatal(err)
	}
	w.handler = function.Harness(h, nil)
	return w
}

func (w *world) add(tb testing.TB, value string) secret.Version {
	tb.Helper()
	v, err := w.secrets.Add(tb.Context(), "github-webhook", secret.Value(value))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func sign(key string, body []byte) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

func request(name string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/githubwebhook", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Github-Event", name)
	r.Header.Set("X-Github-Delivery", delivery)
	r.Header.Set("X-Hub-Signature-256", sign("new secret", body))
	return r
}

func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	w.handler.ServeHTTP(a, r)
	return a
}

func find(tb testing.TB, name string) payloads.Payload {
	tb.Helper()
	p, err := payloads.Find(name, "")
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
