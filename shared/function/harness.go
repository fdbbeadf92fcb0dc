package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

// HealthPath answers 200 while the process serves (liveness; it asks no
// dependency, so that an outage of one does not restart all).
const HealthPath = "/healthz"

// MaxBody bounds every request's body. It is above GitHub's 25 MiB; functions
// set lower limits of their own.
const MaxBody = 32 << 20

type logKey struct{}

// Harness returns h with what every function has: the health route, a bounded
// body, a trace, an access log at debug level, and recovery: a panic is
// answered 500 and logged once with its stack. log may be nil.
func Harness(h http.Handler, log *slog.Logger) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &harness{next: h, log: log, debug: log.Enabled(context.TODO(), slog.LevelDebug)}
}

type harness struct {
	next  http.Handler
	log   *slog.Logger
	debug bool
}

// ServeHTTP implements http.Handler.
func (h *harness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == HealthPath {
		health(w, r)
		return
	}
	ctx := context.WithValue(r.Context(), logKey{}, h.log)
	if telemetry.TraceParent(ctx) == "" {
		ctx = telemetry.WithTraceParent(ctx, r.Header.Get(telemetry.TraceParentHeader))
	}
	r = r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	}
	defer h.recover(w, r)
	if h.debug {
		h.logged(w, r)
		return
	}
	h.next.ServeHTTP(w, r)
}

func (h *harness) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // net/http's own way to drop a connection
	}
	h.log.ErrorContext(r.Context(), "panic", slog.String("value", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
	// The panic is logged: what WriteError logs of it goes nowhere.
	quiet := context.WithValue(r.Context(), logKey{}, slog.New(slog.DiscardHandler))
	WriteError(w, r.WithContext(quiet), errPanic)
}

var errPanic = errors.New("panic")

func (h *harness) logged(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	h.next.ServeHTTP(w, r)
	h.log.DebugContext(r.Context(), "request", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Duration("took", time.Since(start)))
}

func health(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`{"status":"ok"}`))
}

// logger returns the log that the harness put into ctx.
func logger(ctx context.Context) *slog.Logger {
	if log, ok := ctx.Value(logKey{}).(*slog.Logger); ok {
		return log
	}
	return slog.New(slog.DiscardHandler)
}
