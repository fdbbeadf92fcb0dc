package githubwebhook_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/functions/githubwebhook"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

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
