package sim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

// hub is the way to the fake GitHub, with what goes wrong on it.
type hub struct {
	world *World
	fake  *github.Server
	dead  map[string]bool // tokens that are no good any more
	seen  int             // effects that are in the history
	calls int             // requests to change something that got there
}

// timeout is a request that was given up.
type timeout struct{}

// Error implements error.
func (timeout) Error() string { return "no answer in time (injected)" }

// Timeout and Temporary implement net.Error.
func (timeout) Timeout() bool { return true }

// Temporary implements net.Error.
func (timeout) Temporary() bool { return true }

// RoundTrip implements http.RoundTripper. Requests for tokens and for the
// App's name are no steps: the client holds a lock meanwhile.
func (h *hub) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	if silent(r) {
		return h.serve(r, body), nil
	}
	k := look
	if r.Method != http.MethodGet {
		k = change
		if t := threadOf(r.Context()); t != nil {
			t.sent = time.Now()
		}
	}
	err = call(r.Context(), k, r.Method+" "+r.URL.Path, func(f fate) error {
		resp, err = h.answer(r, body, f) //nolint:bodyclose // the caller's
		if t := threadOf(r.Context()); t != nil && t.process != nil {
			t.asked = wall{t.process}.Now()
		}
		return err
	})
	return resp, err
}

func silent(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/access_tokens") || strings.HasSuffix(r.URL.Path, "/installation") || r.URL.Path == "/app"
}

func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// answer is what comes back of a request with fate f.
func (h *hub) answer(r *http.Request, body []byte, f fate) (*http.Response, error) {
	token := r.Header.Get("Authorization")
	switch f {
	case refuse:
		return refused(r, http.StatusBadGateway, nil), nil
	case limit:
		after := strconv.Itoa(1 + h.world.dice.IntN(90))
		status := []int{http.StatusForbidden, http.StatusTooManyRequests}[h.world.dice.IntN(2)]
		return refused(r, status, http.Header{"Retry-After": {after}}), nil
	case deadToken:
		h.dead[token] = true
	case lose:
		h.late(threadOf(r.Context()), r, body)
		return nil, timeout{}
	case slow: // GitHub ends a request after 10 s
		t := threadOf(r.Context())
		h.world.after(time.Duration(h.world.dice.Int64N(int64(5*time.Second))), "a late request of "+t.name, func() { h.late(t, r, body) })
		return nil, timeout{}
	}
	if h.dead[token] {
		return refused(r, http.StatusUnauthorized, nil), nil
	}
	return h.serve(r, body), nil
}

func refused(r *http.Request, status int, header http.Header) *http.Response {
	w := httptest.NewRecorder()
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.WriteString(`{"message":"injected"}`) // a recorder takes all
	resp := w.Result()
	resp.Request = r
	return resp
}

func (h *hub) serve(r *http.Request, body []byte) *http.Response {
	return h.serveFor(threadOf(r.Context()), r, body)
}

// serveFor has the fake carry out a request, and notes what it changed.
func (h *hub) serveFor(by *Thread, r *http.Request, body []byte) *http.Response {
	in := r.Clone(context.WithoutCancel(r.Context()))
	in.Body, in.Host, in.RequestURI = io.NopCloser(bytes.NewReader(body)), r.URL.Host, r.URL.RequestURI()
	w := httptest.NewRecorder()
	h.fake.ServeHTTP(w, in)
	if r.Method != http.MethodGet && !silent(r) {
		h.calls++
	}
	for _, e := range h.fake.EffectsAfter(h.seen) {
		h.seen++
		h.world.history.effect(by, e, string(body))
	}
	resp := w.Result()
	resp.Request = r
	return resp
}

// late has the fake carry out a request whose answer nobody waits for.
func (h *hub) late(by *Thread, r *http.Request, body []byte) {
	resp := h.serveFor(by, r, body)
	resp.Body.Close()
}

// Hook is a webhook that GitHub sends.
type Hook struct {
	Event  string
	Body   []byte
	Header http.Header
}

// catcher takes the webhooks that the fake sends, for the world to deliver.
type catcher struct{ last *Hook }

// RoundTrip implements http.RoundTripper.
func (c *catcher) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	c.last = &Hook{Event: r.Header.Get("X-Github-Event"), Body: body, Header: r.Header}
	return refused(r, http.StatusAccepted, nil), nil
}

// Occur makes an event happen at GitHub and returns the webhook of it.
func (w *World) Occur(ctx context.Context, t github.Trigger) (Hook, error) {
	if _, err := w.hub.fake.Deliver(ctx, t); err != nil {
		return Hook{}, err
	}
	return *w.catcher.last, nil
}

// Changes returns how many requests to change something reached GitHub.
func (w *World) Changes() int { return w.hub.calls }

// Plain returns the webhook as the hook of a repository or an organization sends
// it: it tells of no installation.
func (w *World) Plain(h Hook) Hook {
	return w.Edit(h, func(body map[string]json.RawMessage) { delete(body, "installation") })
}

// Edit returns the webhook with another body, signed as GitHub would.
func (w *World) Edit(h Hook, edit func(body map[string]json.RawMessage)) Hook {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(h.Body, &body); err != nil {
		w.broken = err
		return h
	}
	edit(body)
	raw, err := json.Marshal(body)
	if err != nil {
		w.broken = err
		return h
	}
	mac := hmac.New(sha256.New, hookSecret)
	mac.Write(raw)
	header := h.Header.Clone()
	header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return Hook{Event: h.Event, Body: raw, Header: header}
}
