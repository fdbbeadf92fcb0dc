package github

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

// gate keeps one installation's rate limits: while GitHub has said "wait", no
// request leaves, and the caller is told how long. It never sleeps, since its
// caller holds a lease; gofri/go-github-ratelimit waits inside the request and
// forgets a secondary limit that is longer than it may sleep.
// Rules: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
type gate struct {
	clock clock.Clock

	mu     sync.Mutex
	until  time.Time
	closed time.Time // the installation was suspended; nothing is asked before
	budget *budget   // nil keeps to no limit before GitHub refuses
}

// ErrSuspended is in the chain of the error of every request to an installation
// that is suspended.
var ErrSuspended = errors.New("the installation is suspended")

// lookAgain is how long a suspended installation is left alone.
const lookAgain = 5 * time.Minute

// minute is how long GitHub asks to wait when it does not say how long.
const minute = time.Minute

// open returns an Exhausted error while GitHub has said "wait".
func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed.After(g.clock.Now()) {
		return suspended()
	}
	if wait := g.until.Sub(g.clock.Now()); wait > 0 {
		return stopped(wait)
	}
	return nil
}

// admit lets a request out, which must be followed by leave, or returns an
// Exhausted error: GitHub has said "wait", or the budget is used up.
func (g *gate) admit(write bool) error {
	if g.budget == nil {
		return g.open()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed.After(g.clock.Now()) {
		return suspended()
	}
	if wait := g.budget.take(g.clock.Now(), g.until, write); wait > 0 {
		return stopped(wait)
	}
	return nil
}

// leave says that a request is over.
func (g *gate) leave() {
	if g.budget == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.budget.inFlight--
}

// observe learns from a response. It returns an Exhausted error, and closes
// the response, if GitHub refused it because of a limit, and one that wraps
// ErrSuspended if the installation is suspended.
func (g *gate) observe(resp *http.Response) error {
	now := g.clock.Now()
	if resp.StatusCode == http.StatusForbidden && says(resp, "installation has been suspended") {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.closed = now.Add(lookAgain)
		resp.Body.Close()
		return suspended()
	}
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

func suspended() error {
	return fault.Wrap(fault.Forbidden, ErrSuspended, "the App's installation is suspended; an owner of the account can unsuspend it in its settings")
}

// stopped is exhausted of a request that never left.
func stopped(wait time.Duration) error {
	err := exhausted(wait)
	err.Err = permit.ErrStopped
	return err
}

func exhausted(wait time.Duration) *fault.Error {
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
		if resp.StatusCode == http.StatusTooManyRequests || says(resp, "secondary rate limit") {
			return minute, true
		}
		return 0, false // a permission: no reason to wait
	}
	if spent && resp.Header.Get("X-Ratelimit-Resource") == "core" {
		return reset, false
	}
	return 0, false
}

// says looks into a refusal for GitHub's words; the body stays readable.
func says(resp *http.Response, words string) bool {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(strings.ToLower(string(body)), words)
}
