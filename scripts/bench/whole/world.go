package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/bench/whole/platform"
)

// world is the fake GitHub, in this process, and what was seen of its calls.
type world struct {
	fake *emulator.Server
	api  *httptest.Server
	hook *httptest.Server

	mu     sync.Mutex
	made   []platform.Hook // what the fake sent and nobody has got yet
	issues map[string]*seen
}

// seen is what became of one issue.
type seen struct {
	effect  time.Time     // the label was put on
	proved  chan struct{} // closed by the read that follows
	effects int
}

func newWorld(p *platform.Platform) (*world, error) {
	w := &world{issues: map[string]*seen{}}
	w.hook = httptest.NewServer(http.HandlerFunc(w.keep))
	var err error
	w.fake, err = emulator.New(emulator.Config{AppID: 1, AppKey: p.Key, Secret: p.Secret, WebhookURL: w.hook.URL})
	if err != nil {
		w.hook.Close()
		return nil, err
	}
	w.api = httptest.NewServer(http.HandlerFunc(w.watch))
	return w, nil
}

func (w *world) close() error {
	w.api.Close()
	w.hook.Close()
	return w.fake.Close()
}

// keep takes the webhooks that the fake sends, so that making an issue, which
// costs the fake more than anything else here, stays out of what is measured.
func (w *world) keep(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made = append(w.made, platform.Hook{ID: r.Header.Get("X-Github-Delivery"), Event: r.Header.Get("X-Github-Event"), Body: body})
}

// job is one issue and the webhook that tells of it.
type job struct {
	hook  platform.Hook
	issue string // number
}

// occur opens n issues.
func (w *world) occur(ctx context.Context, n int) ([]job, error) {
	for range n {
		if _, err := w.fake.Deliver(ctx, emulator.Trigger{Name: "issues.opened"}); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	hooks := w.made
	w.made = nil
	if len(hooks) != n {
		return nil, fmt.Errorf("%d webhooks of %d issues", len(hooks), n)
	}
	jobs := make([]job, n)
	for i, h := range hooks {
		var body struct {
			Issue struct {
				Number json.Number `json:"number"`
			} `json:"issue"`
		}
		if err := json.Unmarshal(h.Body, &body); err != nil {
			return nil, err
		}
		jobs[i] = job{hook: h, issue: body.Issue.Number.String()}
		w.issues[jobs[i].issue] = &seen{proved: make(chan struct{})}
	}
	return jobs, nil
}

var issuePath = regexp.MustCompile(`^/repos/[^/]+/[^/]+/issues/(\d+)(/labels)?$`)

// watch serves the API and notes the effect and the read that proves it.
func (w *world) watch(answer http.ResponseWriter, r *http.Request) {
	w.fake.ServeHTTP(answer, r)
	at := time.Now()
	path := issuePath.FindStringSubmatch(r.URL.Path)
	if path == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.issues[path[1]]
	switch {
	case s == nil:
	case r.Method == http.MethodPost:
		s.effect, s.effects = at, s.effects+1
	case s.effects == 1:
		select {
		case <-s.proved:
		default:
			close(s.proved)
		}
	}
}

// await waits until the effect on the issue was made and read back.
func (w *world) await(ctx context.Context, issue string) (time.Time, error) {
	w.mu.Lock()
	s := w.issues[issue]
	w.mu.Unlock()
	select {
	case <-s.proved:
	case <-ctx.Done():
		return time.Time{}, errors.New("no effect on issue " + issue)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.effects != 1 {
		return s.effect, fmt.Errorf("issue %s had %d effects", issue, s.effects)
	}
	return s.effect, nil
}
