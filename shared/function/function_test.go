package function_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

var sample = event.Event{ID: "1", Source: "/s", Type: "t", TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Data: []byte(`{"a":1}`)}

func init() { //nolint:gochecknoinits // as functions register
	function.Register("echo", func(context.Context, function.Platform) (http.Handler, error) {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("echo") }), nil
	})
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	construct, ok := function.Lookup("echo")
	if !ok || !slices.Contains(function.Registered(), "echo") {
		t.Fatal("echo is not registered")
	}
	h, err := construct(t.Context(), function.Platform{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("no harness around it: %d", w.Code)
	}
	if _, ok := function.Lookup("none"); ok {
		t.Error("found a function that nobody registered")
	}
}

func TestWriteError(t *testing.T) {
	t.Parallel()
	secret := errors.New("canary")
	for kind, want := range map[fault.Kind]int{
		fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409,
		fault.TooLarge: 413, fault.Unsupported: 415, fault.Exhausted: 429, fault.Unavailable: 503, fault.Internal: 500, "new": 500,
	} {
		w := httptest.NewRecorder()
		err := &fault.Error{Kind: kind, Message: "do this", RetryAfter: 1500 * time.Millisecond, Err: secret}
		function.WriteError(w, httptest.NewRequest(http.MethodGet, "/", nil), err)
		retry := map[bool]string{true: "2"}[want == 429 || want == 503]
		if w.Code != want || w.Header().Get("Retry-After") != retry || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%s: %d %q %s", kind, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
		if told := strings.Contains(w.Body.String(), "do this"); told == (kind == fault.Internal) {
			t.Errorf("%s: %s", kind, w.Body)
		}
	}
}

func TestHarness(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := function.Harness(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := function.ReadBody(r); err != nil {
			function.WriteError(w, r, err)
			return
		}
		panic("canary")
	}), slog.New(slog.NewTextHandler(&log, nil)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", http.NoBody))
	if w.Code != 500 || strings.Contains(w.Body.String(), "canary") || strings.Count(log.String(), "level=ERROR") != 1 || !strings.Contains(log.String(), "canary") {
		t.Errorf("panic: %d %s, log %s", w.Code, w.Body, &log)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, function.MaxBody+1))))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("large body: %d", w.Code)
	}
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodPost: 405} {
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, function.HealthPath, nil))
		if w.Code != want {
			t.Errorf("%s health: %d", method, w.Code)
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	binary := httptest.NewRequest(http.MethodPost, "/", nil)
	structured := httptest.NewRequest(http.MethodPost, "/", nil)
	if err := errors.Join(event.WriteHTTP(t.Context(), sample, binary, false), event.WriteHTTP(t.Context(), sample, structured, true)); err != nil {
		t.Fatal(err)
	}
	wrapped := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"subscription":"s","deliveryAttempt":2,"message":{"messageId":"9","data":"eyJhIjoxfQ==",
		"publishTime":"2026-03-04T05:06:07.008Z","attributes":{"ce-specversion":"1.0","ce-id":"1","ce-source":"/s","ce-type":"t","ce-traceparent":"`+sample.TraceParent+`"}}}`))
	for name, r := range map[string]*http.Request{"binary": binary, "structured": structured, "wrapped": wrapped} {
		var got event.Event
		h := function.Events(func(_ context.Context, e event.Event) error { got = e; return nil })
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if diff := cmp.Diff(sample, got); w.Code != http.StatusNoContent || diff != "" {
			t.Errorf("%s: %d %s %s", name, w.Code, w.Body, diff)
		}
	}
	never := function.Events(func(context.Context, event.Event) error { t.Error("handled"); return nil })
	for _, body := range []string{"", "{}", "[]", `{"message":{"attributes":{"ce-id":"1"}}}`} {
		w := httptest.NewRecorder()
		never.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		if w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", body, w.Code)
		}
	}
	w := httptest.NewRecorder()
	never.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	var outcome error
	var got []any
	events := function.Harness(function.Events(func(_ context.Context, e event.Event) error { got = append(got, e); return outcome }), nil)
	tasks := function.Harness(function.Tasks(func(_ context.Context, t task.Task) error { got = append(got, t); return outcome }), nil)
	job := task.Task{Queue: "executions", Name: "n", Body: []byte("{}"), Attempt: 3}
	if err := errors.Join(function.DeliverMessage(t.Context(), events, event.ToMessage(sample)), function.DeliverTask(t.Context(), tasks, job)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{sample, job}, got); diff != "" {
		t.Error(diff)
	}
	outcome = fault.Wrap(fault.Conflict, errors.New("canary"), "somebody was first")
	for _, err := range []error{function.DeliverMessage(t.Context(), events, event.ToMessage(sample)), function.DeliverTask(t.Context(), tasks, job)} {
		if !fault.Is(err, fault.Conflict) || err.Error() != "somebody was first" {
			t.Errorf("got %v", err)
		}
	}
	if err := function.DeliverMessage(t.Context(), events, bus.Message{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no event: %v", err)
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	if err := function.DeliverTask(t.Context(), echo, job); err == nil {
		t.Error("418 counts as handled")
	}
}

func TestTasksOverHTTP(t *testing.T) {
	t.Parallel()
	var got task.Task
	h := function.Tasks(func(_ context.Context, t task.Task) error { got = t; return nil })
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("X-Cloudtasks-Queuename", "q")
	r.Header.Set("X-Cloudtasks-Taskname", "n")
	r.Header.Set("X-Cloudtasks-Taskretrycount", "2")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if diff := cmp.Diff(task.Task{Queue: "q", Name: "n", Body: []byte("{}"), Attempt: 3}, got); w.Code != 204 || diff != "" {
		t.Errorf("%d %s", w.Code, diff)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, 100<<10+1))))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("large: %d", w.Code)
	}
}

func TestServeBusyPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	port := l.Addr().(*net.TCPAddr).Port
	err = function.Serve(t.Context(), nil, function.ServeConfig{Host: "127.0.0.1", Port: port})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "set PORT") {
		t.Errorf("got %v", err)
	}
}

// TestServeStopsGracefully is not parallel: it signals its own process.
func TestServeStopsGracefully(t *testing.T) { //nolint:paralleltest // a signal reaches all servers of the process
	started, finish, done, listening := make(chan struct{}), make(chan struct{}), make(chan error, 1), make(chan net.Addr, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(started)
		<-finish
		w.WriteHeader(http.StatusTeapot)
	})
	go func() {
		done <- function.Serve(t.Context(), h, function.ServeConfig{Host: "127.0.0.1", Listening: func(a net.Addr) { listening <- a }})
	}()
	address := (<-listening).String()
	status := make(chan int, 1)
	go func() {
		answer, err := http.Get("http://" + address)
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		answer.Body.Close()
		status <- answer.StatusCode
	}()
	<-started
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until it takes no new connection
		c, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		c.Close() //nolint:errcheck // a probe
	}
	close(finish)
	if got := <-status; got != http.StatusTeapot {
		t.Errorf("the request under way got %d", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	p := func(m map[string]string) function.Platform { return function.Platform{Env: envconfig.MapLookuper(m)} }
	var c function.ServeConfig
	if err := function.Configure(t.Context(), p(map[string]string{"SERVE_READ": "3s"}), &c); err != nil || c.Port != 8080 || c.Read != 3*time.Second {
		t.Errorf("%+v, %v", c, err)
	}
	for _, port := range []string{"x", "-1"} {
		if err := function.Configure(t.Context(), p(map[string]string{"PORT": port}), &function.ServeConfig{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("PORT %s: %v", port, err)
		}
	}
	if _, err := function.Open(t.Context(), envconfig.MapLookuper(nil)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "INFINITY_PLATFORM") {
		t.Errorf("Open = %v", err)
	}
}
