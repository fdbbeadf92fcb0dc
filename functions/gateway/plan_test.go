package gateway_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// backtests tells progress twice unless it fails at once, and remembers what it
// was asked.
type backtests struct {
	early, late error
	request     backtest.Request
	files       map[string]string // nil: none were given
}

func (b *backtests) Backtest(_ context.Context, files fs.FS, r backtest.Request, progress func(backtest.Progress)) (backtest.Report, error) {
	b.request, b.files = r, nil
	if files != nil {
		b.files = map[string]string{}
		if err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, name)
			b.files[name] = string(text)
			return err
		}); err != nil {
			return backtest.Report{}, err
		}
	}
	if b.early != nil {
		return backtest.Report{}, b.early
	}
	if progress != nil {
		progress(backtest.Progress{Events: 1, Share: 0.5})
		progress(backtest.Progress{Events: 2, Share: 1})
	}
	if b.late != nil {
		return backtest.Report{}, b.late
	}
	return backtest.Report{Since: r.Since, Until: r.Until, Events: 2, Changed: 1, Policies: []backtest.PolicyReport{{
		Policy: "p", Then: 1, Now: 2, Changes: map[backtest.Kind]int{backtest.New: 1}, Runs: 2,
		Examples: []backtest.Example{{Event: "vevent1", Kind: backtest.New, Then: "no match", Now: "L5 Automatic a"}},
	}}}, nil
}

func TestPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := w.request(auth.Editor, http.MethodPost, "/v1/policies/plan",
		`{"since":"2026-10-31T12:00:00Z","policy":"p","limit":5,"examples":2,"files":[{"path":"policies/a.yaml","text":"policies: []"}]}`)
	lines := strings.Split(strings.TrimSpace(rec.Body.String()), "\n\n")
	if rec.Code != 200 || len(lines) != 3 || lines[0] != `data: {"progress":{"events":1,"share":0.5}}` || !strings.HasPrefix(lines[2], `data: {"report":{`) {
		t.Errorf("%d %q", rec.Code, lines)
	}
	want := backtest.Request{Since: start.Add(-24 * time.Hour), Until: start, Policy: "p", Limit: 5, Examples: 2}
	if got := w.backtests; got.request != want || got.files["policies/a.yaml"] != "policies: []" || len(got.files) != 1 {
		t.Errorf("asked for %+v of %q, want %+v", got.request, got.files, want)
	}
	w.request(auth.Editor, http.MethodPost, "/v1/policies/plan", `{"since":"2020-01-01T00:00:00Z"}`)
	if got := w.backtests; got.files != nil || !got.request.Since.Equal(start.Add(-30*24*time.Hour)) {
		t.Errorf("the policies in force since long ago: files %q, since %s; want none, and 30 days", got.files, got.request.Since)
	}
}

func TestShadow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	rec := w.request(auth.Editor, http.MethodPost, "/v1/events/veve/shadow", "")
	want := backtest.Request{Event: "vevent1", Until: start, Examples: 1}
	if rec.Code != 200 || w.backtests.request != want || w.backtests.files != nil {
		t.Errorf("%d, asked for %+v, want %+v", rec.Code, w.backtests.request, want)
	}
}

func TestPlansThatFail(t *testing.T) {
	t.Parallel()
	const body = `{"since":"2026-10-31T12:00:00Z"}`
	busy := &fault.Error{Kind: fault.Exhausted, Message: "another is running", RetryAfter: 10 * time.Second}
	for name, c := range map[string]struct {
		backtests backtests
		body      string
		code      int
		says      string
	}{
		"busy":               {backtests{early: busy}, body, 429, "another is running"},
		"mistakes":           {backtests{early: fault.New(fault.Invalid, "a.yaml:1:1: no")}, body, 400, "a.yaml:1:1"},
		"too late":           {backtests{late: fault.New(fault.Exhausted, "ended after 5m")}, body, 200, `"problem":{"title":"Too Many Requests","status":429,"detail":"ended after 5m"`},
		"a defect":           {backtests{late: errors.New("secret")}, body, 200, `"problem":{"title":"Internal Server Error"`},
		"climbing path":      {backtests{}, `{"since":"2026-10-31T12:00:00Z","files":[{"path":"../a.yaml","text":""}]}`, 400, "one folder"},
		"the same path":      {backtests{}, `{"since":"2026-10-31T12:00:00Z","files":[{"path":"a","text":""},{"path":"a","text":""}]}`, 400, "one folder"},
		"no since":           {backtests{}, `{}`, 400, "since"},
		"a limit of nothing": {backtests{}, `{"since":"2026-10-31T12:00:00Z","limit":0}`, 400, "limit"},
		"too large":          {backtests{}, `{"since":"2026-10-31T12:00:00Z","files":[{"path":"a","text":"` + strings.Repeat("x", 4<<20) + `"}]}`, 413, ""},
	} {
		w := newWorld(t)
		*w.backtests = c.backtests
		rec := w.request(auth.Editor, http.MethodPost, "/v1/policies/plan", c.body)
		if rec.Code != c.code || !strings.Contains(rec.Body.String(), c.says) || strings.Contains(rec.Body.String(), "secret") {
			t.Errorf("%s: %d %.300s, want %d and %q", name, rec.Code, rec.Body, c.code, c.says)
		}
	}
}
