package githubwebhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

func TestEveryPayloadIsAccepted(t *testing.T) {
	t.Parallel()
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil)
	for i, p := range all {
		if got := w.do(request(p.Event, p.Body)); got.Code != http.StatusAccepted {
			t.Fatalf("%s: %d %s", p.Name(), got.Code, got.Body)
		}
		e, err := event.FromMessage(w.bus.messages[i])
		if err != nil {
			t.Fatal(err)
		}
		want := "com.github." + p.Event
		if p.Action != "" {
			want += "." + p.Action
		}
		if e.Type != want || !bytes.Equal(e.Data, p.Body) || e.ID != delivery {
			t.Errorf("%s: stored %s with %d bytes", p.Name(), e.Type, len(e.Data))
		}
	}
}

func TestEventIsComplete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := []byte(`{"action":"opened","issue":{"number":12},"repository":{"id":7,"full_name":"o/r","html_url":"https://github.com/o/r"},"sender":{"login":"x"},"installation":{"id":9}}`)
	r := request("issues", body)
	parent := "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	r.Header.Set("Traceparent", parent)
	got := w.do(r)
	if diff := cmp.Diff(`{"event":"`+delivery+`","type":"com.github.issues.opened"}`, got.Body.String()); got.Code != http.StatusAccepted || diff != "" {
		t.Errorf("%d %s", got.Code, diff)
	}
	e, err := event.FromMessage(w.bus.messages[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	want := event.Event{
		ID: delivery, Source: "https://github.com/o/r", Type: "com.github.issues.opened", Subject: "issues/12", Time: w.clock.Now(),
		PartitionKey: "7", InstallationID: 9, Repository: "o/r", RepositoryID: 7, Digest: hex.EncodeToString(sum[:]), TraceParent: parent, Data: body,
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
}

// TestRefuses has the abuse cases S1 to S5 of a single request by name.
func TestRefuses(t *testing.T) {
	t.Parallel()
	push := find(t, "push").Body
	signed := func(name string, body string) *http.Request { return request(name, []byte(body)) }
	header := func(name, value string) *http.Request {
		r := request("push", push)
		r.Header.Set(name, value)
		return r
	}
	early := func() *http.Request {
		r := request("push", push)
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(push[:99]), brokenReader{}))
		return r
	}
	get := request("push", push)
	get.Method = http.MethodGet
	sha1 := header("X-Hub-Signature", "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6")
	sha1.Header.Del("X-Hub-Signature-256")
	chunked := request("push", append(bytes.Repeat([]byte(" "), 25<<20+1-len(push)), push...))
	chunked.ContentLength = -1
	tests := map[string]struct {
		r      *http.Request
		status int
	}{
		"not POST":              {get, 405},
		"S1 no signature":       {header("X-Hub-Signature-256", ""), 401},
		"S1 bad signature":      {header("X-Hub-Signature-256", sign("guess", push)), 401},
		"S1 empty secret":       {header("X-Hub-Signature-256", sign("", push)), 401},
		"cut signature":         {header("X-Hub-Signature-256", sign("new secret", push)[:40]), 401},
		"signature not hex":     {header("X-Hub-Signature-256", "sha256="+strings.Repeat("x", 64)), 401},
		"S1 SHA-1 only":         {sha1, 401},
		"form":                  {header("Content-Type", "application/x-www-form-urlencoded"), 415},
		"no content type":       {header("Content-Type", ""), 415},
		"S4 gzip":               {header("Content-Encoding", "gzip"), 415},
		"no delivery id":        {header("X-GitHub-Delivery", ""), 400},
		"delivery id with path": {header("X-GitHub-Delivery", "../../etc/passwd"), 400},
		"long delivery id":      {header("X-GitHub-Delivery", strings.Repeat("a", 65)), 400},
		"delivery id of dashes": {header("X-GitHub-Delivery", strings.Repeat("-", 36)), 400},
		"short delivery id":     {header("X-GitHub-Delivery", "0"), 400},
		"no event":              {header("X-GitHub-Event", ""), 400},
		"unknown event":         {header("X-GitHub-Event", "no_such"), 400},
		"S2 swapped event":      {header("X-GitHub-Event", "issues"), 400},
		"S3 25 MiB and 1":       {request("push", make([]byte, 25<<20+1)), 413},
		"25 MiB and 1, chunked": {chunked, 413},
		"ends early":            {early(), 400},
		"cut JSON":              {signed("push", `{"ref":`), 400},
		"S5 10,000 deep":        {signed("push", `{"a":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+"}"), 400},
		"S5 duplicate keys":     {signed("push", `{"ref":"a","ref":"b"}`), 400},
		"S5 escaped duplicate":  {signed("push", `{"ref":"a","r\u0065f":"b"}`), 400},
		"S5 nested duplicate":   {signed("push", `{"ref":"a","x":[{"y":{"a":1,"a":2}}]}`), 400},
		"action is no text":     {signed("issues", `{"action":5,"issue":{},"repository":{},"sender":{}}`), 400},
		"S5 bad UTF-8":          {signed("push", "{\"ref\":\"\xff\"}"), 400},
		"empty body":            {signed("push", ""), 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			got := w.do(tt.r)
			if got.Code != tt.status || got.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s, want %d as problem+json", got.Code, got.Body, tt.status)
			}
			if len(w.bus.messages) != 0 {
				t.Error("something was published")
			}
			if infos, _, err := w.blobs.List(t.Context(), "", "", 0); err != nil || len(infos) != 0 {
				t.Errorf("something was stored: %v, %v", infos, err)
			}
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestSaysWhichAttributeCannotBe is a repository's name that would steer a
// terminal: the answer says what is wrong, and quotes nothing of it.
func TestSaysWhichAttributeCannotBe(t *testing.T) {
	t.Parallel()
	body := []byte(`{"action":"opened","issue":{},"repository":{"full_name":"a\u001b[2J/b"},"sender":{}}`)
	got := newWorld(t, nil).do(request("issues", body))
	if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "repository is over 1,024 bytes or not printable") || strings.Contains(got.Body.String(), "2J") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestS1RefusalsOfSignaturesAreAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var bodies []string
	for _, signature := range []string{"", "sha1=00", sign("guess", nil)} {
		r := request("push", []byte("not even JSON"))
		r.Header.Set("X-Hub-Signature-256", signature)
		r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		bodies = append(bodies, w.do(r).Body.String())
	}
	if bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Errorf("the answers tell what is wrong: %q", bodies)
	}
}

func TestS1Rotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	push := find(t, "push").Body
	try := func(key string) int {
		r := request("push", push)
		r.Header.Set("X-Hub-Signature-256", sign(key, push))
		return w.do(r).Code
	}
	if got := []int{try("old secret"), try("new secret")}; !cmp.Equal(got, []int{202, 202}) {
		t.Errorf("both valid: %v", got)
	}
	versions, err := w.secrets.Versions(t.Context(), "github-webhook")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.secrets.Disable(t.Context(), "github-webhook", versions[1].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(6 * time.Second)
	if got := []int{try("old secret"), try("new secret")}; !cmp.Equal(got, []int{401, 202}) {
		t.Errorf("after the old one was disabled: %v", got)
	}
}

func TestS1NoSecretValidatesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *githubwebhook.Config) { c.Secret = "not-set" })
	r := request("push", []byte("{}"))
	r.Header.Set("X-Hub-Signature-256", sign("", []byte("{}")))
	if got := w.do(r); got.Code != http.StatusUnauthorized {
		t.Errorf("got %d", got.Code)
	}
}

func TestSpillsToBlob(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1000, 300 << 10, 25 << 20} {
		w := newWorld(t, func(c *githubwebhook.Config) { c.Inline = 999 })
		body := []byte(`{"repository":{"id":7},"sender":{},"padding":"` + strings.Repeat("x", size))
		body = append(body[:size-2], `"}`...)
		if got := w.do(request("public", body)); got.Code != http.StatusAccepted {
			t.Fatalf("%d bytes: %d %s", size, got.Code, got.Body)
		}
		e, err := event.FromMessage(w.bus.messages[0])
		if err != nil || len(e.Data) != 0 || e.DataRef == "" {
			t.Fatalf("event %+v, %v", e, err)
		}
		r, err := w.blobs.Get(t.Context(), e.DataRef)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
			t.Errorf("the blob has %d bytes, %v, want %d", len(got), err, size)
		}
		if got := w.do(request("public", body)); got.Code != http.StatusAccepted {
			t.Errorf("the same delivery again: %d %s", got.Code, got.Body)
		}
	}
}

func TestPublishFailureIs503(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.bus.err = errors.New("canary: disk on fire")
	got := w.do(request("push", find(t, "push").Body))
	if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" || strings.Contains(got.Body.String(), "canary") {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
}

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	err := (&githubwebhook.Config{MaxBody: 1 << 30, Inline: -1}).Validate()
	for _, name := range []string{"MAX_BODY", "TOPIC", "INLINE", "SECRET_NAME"} {
		if err == nil || !strings.Contains(err.Error(), "WEBHOOK_"+name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

// serve serves w over loopback until the test ends.
func serve(tb testing.TB, w *world, c function.ServeConfig) string {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	listening, done := make(chan net.Addr, 1), make(chan error, 1)
	c.Host, c.Listening = "127.0.0.1", func(a net.Addr) { listening <- a }
	go func() { done <- function.Serve(ctx, w.handler, c) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return (<-listening).String()
}

// TestParallelGiants is S3: 50 endless bodies of 25 MiB + 1 add little memory.
func TestS3ParallelGiants(t *testing.T) { //nolint:paralleltest // it measures the process's memory
	if testing.Short() {
		t.Skip("sends 1.3 GB over loopback")
	}
	w := newWorld(t, nil)
	address := serve(t, w, function.ServeConfig{Read: time.Minute})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/", io.MultiReader(io.LimitReader(zeros{}, 25<<20+1)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header = request("push", nil).Header
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return // the server closed before all was sent
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("got %d", answer.StatusCode)
			}
		})
	}
	group.Wait()
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
		t.Errorf("memory grew by %d MiB, want at most 64", grown>>20)
	}
	if len(w.bus.messages) != 0 {
		t.Error("something was published")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestS6SlowClientsAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	address := serve(t, w, function.ServeConfig{ReadHeader: 50 * time.Millisecond, Read: 100 * time.Millisecond})
	for name, text := range map[string]string{
		"header": "POST / HTTP/1.1\r\nHost: x\r\nX-",
		"body": fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: %s\r\nContent-Length: 100\r\n\r\n{",
			sign("x", nil)),
	} {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() }) //nolint:errcheck // the server closed it
		if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(connection, text); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(connection) // until the server closes
		if err != nil {
			t.Errorf("slow %s: the server did not close: %v", name, err)
		}
		if name == "body" && !strings.HasPrefix(string(answer), "HTTP/1.1 400") {
			t.Errorf("slow body: %q", answer)
		}
	}
}

func FuzzReceive(f *testing.F) {
	w := newWorld(f, nil)
	f.Add("push", delivery, []byte(find(f, "push").Body))
	f.Add("ping", "x", []byte(`{"zen":1,"hook_id":2}`))
	f.Fuzz(func(t *testing.T, name, id string, body []byte) {
		r := request("", body)
		r.Header["X-Github-Event"], r.Header["X-Github-Delivery"] = []string{name}, []string{id}
		if got := w.do(r).Code; got != http.StatusAccepted && got != http.StatusBadRequest {
			t.Errorf("%q: %d", body, got)
		}
	})
}
