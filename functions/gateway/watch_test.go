package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// readTimeout of the test's server is over long before a stream is.
const readTimeout = 250 * time.Millisecond

// watch opens a stream and returns what reads its next line.
func (w *world) watch(path string) (next func() string, end context.CancelFunc) {
	w.t.Helper()
	srv := httptest.NewUnstartedServer(w.handler)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = readTimeout, readTimeout
	srv.Start()
	w.t.Cleanup(srv.Close)
	ctx, cancel := context.WithCancel(w.t.Context())
	w.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Host = "localhost"
	req.Header.Set("Authorization", "Bearer "+w.keys[auth.Viewer])
	resp, err := srv.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" {
		w.t.Fatalf("%d %s", resp.StatusCode, got)
	}
	lines := bufio.NewScanner(resp.Body)
	return func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return ""
	}, cancel
}

func TestWatchTellsOfChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(execution.Collection, "xold", waiting("xold", start.Add(-time.Minute)))
	next, _ := w.watch("/v1/executions?watch=true&policy=triage")
	if got := next(); got != ": watching" {
		t.Fatalf("first line %q", got)
	}
	other := waiting("xother", start.Add(time.Second))
	other.Policy = "another"
	w.put(execution.Collection, "xother", other)
	w.put(execution.Collection, "xnew", waiting("xnew", start.Add(time.Second)))
	done := waiting("xold", start.Add(-time.Minute))
	done.State, done.UpdatedAt = execution.Ready, start.Add(2*time.Second)
	got := map[string]execution.State{}
	read := func() {
		var x execution.Execution
		data, ok := strings.CutPrefix(next(), "data: ")
		if err := json.Unmarshal([]byte(data), &x); !ok || err != nil {
			t.Fatalf("line %q: %v", data, err)
		}
		got[x.ID] = x.State
	}
	read()
	w.put(execution.Collection, "xold", done)
	read()
	want := map[string]execution.State{"xnew": execution.Waiting, "xold": execution.Ready}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWatchOutlivesTheServersTimeouts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next, _ := w.watch("/v1/decisions?watch=true&policy=triage")
	next()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for line := next(); line != ""; line = next() {
			lines <- line
		}
	}()
	end := time.After(3 * readTimeout)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for alive := 0; ; {
		select {
		case got := <-lines:
			if got != ": keep-alive" {
				t.Fatalf("the stream brought %q after %d signs of life", got, alive)
			}
			alive++
		case <-tick.C:
			if at, waits := w.clock.Next(); waits {
				w.clock.Advance(at.Sub(w.clock.Now()))
			}
		case <-end:
			if alive == 0 {
				t.Error("no sign of life")
			}
			return
		}
	}
}
