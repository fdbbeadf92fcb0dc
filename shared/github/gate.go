package github

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// gate keeps one installation's rate limits: while GitHub has said "wait", no
// request leaves, and the caller is told how long. It never sleeps, since its
// caller holds a lease; gofri/go-github-ratelimit waits inside the request and
// forgets a secondary limit that is longer than it may sleep.
// Rules: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
type gate struct {
	clock clock.Clock

	mu    sync.Mutex
	until time.Time
}

// minute is how long GitHub asks to wait when it does not say how long.
const minute = time.Minute

// admit returns an Exhausted error while the installation must wait.
func (g *gate) admit() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := g.until.Sub(g.clock.Now()); wait > 0 {
		return exhausted(wait)
	}
	return nil
}

// observe learns from a response. It returns an Exhausted error, and closes
// the response, if GitHub refused it because of a limit.
func (g *gate) observe(resp *http.Response) error {
	now := g.clock.Now()
	wait, refused := limited(resp, now)
	if !refused && wait == 0 {
		return nil
	}
	g.mu.Lock()
	if until := now.Add(wait); until.After(g.until) {
		g.until = until
	}
	g.mu.Unlock()
	if !refused {
		return nil // served, but it was the last one
	}
	resp.Body.Close()
	return exhausted(wait)
}

func exhausted(wait time.Duration) error {
	return &fault.Error{
		Kind: fault.Exhausted, RetryAfter: wait,
		Message: "GitHub's rate limit for this installation is used up; it is tried again when GitHub allows",
	}
}

// limited says how long resp asks to wait, and whether it was refused.
func limited(resp *http.Response, now time.Time) (wait time.Duration, refused bool) {
	spent := resp.Header.Get("X-Ratelimit-Remaining") == "0"
	reset := minute
	if at, err := strconv.ParseInt(resp.Header.Get("X-Ratelimit-Reset"), 10, 64); err == nil {
		reset = max(time.Unix(at, 0).Sub(now), time.Second)
	}
	switch resp.StatusCode {
	case http.StatusForbidden, http.StatusTooManyRequests:
		if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			return max(time.Duration(after)*time.Second, time.Second), true
		}
		if spent {
			return reset, true
		}
		if resp.StatusCode == http.StatusTooManyRequests || secondary(resp) {
			return minute, true
		}
		return 0, false // a permission: no reason to wait
	}
	if spent && resp.Header.Get("X-Ratelimit-Resource") == "core" {
		return reset, false
	}
	return 0, false
}

// secondary looks into a 403 without headers; the body stays readable.
func secondary(resp *http.Response) bool {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(strings.ToLower(string(body)), "secondary rate limit")
}
