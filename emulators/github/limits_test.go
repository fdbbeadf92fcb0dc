package github_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
)

func TestPrimaryLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *github.Config) { c.Limits.Hourly = 3 })
	p, ctx := w.at(t, "issues.opened"), t.Context()
	c := w.as(t, p.installation, nil)
	for range 3 {
		_, resp, err := c.Issues.Get(ctx, p.owner, p.repo, p.number)
		status(t, "within", resp, err, 200)
	}
	_, resp, err := c.Issues.Get(ctx, p.owner, p.repo, p.number)
	status(t, "beyond", resp, err, 403)
	if _, limited := errors.AsType[*gh.RateLimitError](err); !limited {
		t.Errorf("beyond: %v", err)
	}
}

func TestSecondaryLimits(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]github.Limits{
		"points": {PointsPerMinute: 15}, "writes a minute": {WritesPerMinute: 3}, "writes an hour": {WritesPerHour: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *github.Config) { c.Limits = l; c.Limits.RetryAfter = 7 * time.Second })
			p, ctx := w.at(t, "issues.opened"), t.Context()
			c := w.as(t, p.installation, nil)
			write := func() (*gh.Response, error) {
				_, resp, err := c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String("x")})
				return resp, err
			}
			for range 3 {
				resp, err := write()
				status(t, "within", resp, err, 201)
			}
			resp, err := write()
			status(t, "beyond", resp, err, 403)
			if resp.Header.Get("Retry-After") != "7" || len(w.Effects()) != 3 {
				t.Errorf("Retry-After %q, %d effects", resp.Header.Get("Retry-After"), len(w.Effects()))
			}
			_, limited := errors.AsType[*gh.AbuseRateLimitError](err)
			if !limited {
				t.Errorf("beyond: %v", err)
			}
		})
	}
}

func TestConditionalRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p, ctx := w.at(t, "issues.opened"), t.Context()
	c := w.as(t, p.installation, nil)
	_, resp, err := c.Issues.Get(ctx, p.owner, p.repo, p.number)
	status(t, "first", resp, err, 200)
	req, err := c.NewRequest("GET", "repos/"+p.owner+"/"+p.repo+"/issues/"+strings.TrimPrefix(resp.Request.URL.Path, "/repos/"+p.owner+"/"+p.repo+"/issues/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("If-None-Match", resp.Header.Get("ETag"))
	resp, err = c.Do(ctx, req, nil)
	status(t, "again", resp, err, http.StatusNotModified)
	if resp.Header.Get("X-Github-Request-Id") == "" || resp.Header.Get("X-Ratelimit-Remaining") == "" {
		t.Errorf("headers: %v", resp.Header)
	}
	limits, resp, err := c.RateLimit.Get(ctx)
	status(t, "limits", resp, err, 200)
	if limits.Core.Limit != 5000 {
		t.Errorf("limits: %v", limits)
	}
}

// TestFaults has each fault happen once, and counts what was done.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   github.Fault
		status  int // 0: no answer
		effects int
	}{
		"status":       {github.Fault{Status: 502}, 502, 0},
		"reset":        {github.Fault{Reset: true}, 0, 0},
		"after effect": {github.Fault{AfterEffect: true}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			p, ctx := w.at(t, "issues.opened"), t.Context()
			c := w.as(t, p.installation, nil)
			tc.fault.Method, tc.fault.Path = "POST", "/comments$"
			if err := w.Inject(tc.fault); err != nil {
				t.Fatal(err)
			}
			write := func() (*gh.Response, error) {
				_, resp, err := c.Issues.CreateComment(ctx, p.owner, p.repo, p.number, &gh.IssueComment{Body: gh.String("x")})
				return resp, err
			}
			resp, err := write()
			switch {
			case tc.status != 0:
				status(t, "fault", resp, err, tc.status)
			case resp != nil || err == nil:
				t.Errorf("an answer came: %v", resp)
			}
			if got := len(w.Effects()); got != tc.effects {
				t.Errorf("%d effects, want %d", got, tc.effects)
			}
			resp, err = write()
			status(t, "after the fault", resp, err, 201)
		})
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	post := func(path, body string, want int) []byte {
		t.Helper()
		resp, err := http.Post(w.url+"/_emulator/"+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var b bytes.Buffer
		if _, err := b.ReadFrom(resp.Body); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want {
			t.Errorf("%s %s: status %d: %s", path, body, resp.StatusCode, &b)
		}
		return b.Bytes()
	}
	var d github.Delivery
	if err := json.Unmarshal(post("deliver", `{"name":"workflow_run.failed"}`, 200), &d); err != nil || d.StatusCode != http.StatusAccepted || d.ID == "" {
		t.Errorf("delivery %+v, %v", d, err)
	}
	post("deliver", `{"name":"nothing.known"}`, 404)
	post("deliver", `{`, 400)
	post("faults", `{"method":"GET","path":"/app","status":500,"times":2}`, 200)
	post("change", `{"kind":"issues","repository":"a/b","id":1}`, 404)
	_, resp, err := w.app(t).Apps.Get(t.Context(), "")
	status(t, "fault", resp, err, 500)
	w.ClearFaults()
	post("reset", ``, 200)
	resp2, err := http.Get(w.url + "/_emulator/effects")
	if err != nil {
		t.Fatal(err)
	}
	defer resp2.Body.Close()
	var effects []github.Effect
	if err := json.NewDecoder(resp2.Body).Decode(&effects); err != nil || len(effects) != 0 {
		t.Errorf("effects %v, %v", effects, err)
	}
	_, resp, err = w.app(t).Apps.Get(t.Context(), "")
	status(t, "after the reset", resp, err, 200)
}
