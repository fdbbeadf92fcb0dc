package function

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

// statuses is the one map from what went wrong to HTTP.
var statuses = map[fault.Kind]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unsupported:     http.StatusUnsupportedMediaType,
	fault.Exhausted:       http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

// defaultRetry is asked for when an outage says no time of its own.
const defaultRetry = 5 * time.Second

// Problem is the body of every error (RFC 9457, application/problem+json).
type Problem struct {
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Detail  string `json:"detail"`
	Kind    string `json:"kind"`               // of shared/fault
	TraceID string `json:"trace_id,omitempty"` // finds the cause in the log
}

// Status returns the HTTP status of err's kind.
func Status(err error) int {
	if status, ok := statuses[fault.KindOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// WriteError answers with err's kind and public message, and logs the cause,
// once: what calls it logs nothing. Of an error without a kind nothing is told.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	status, public := Status(err), publicError(err)
	logError(r.Context(), status, err)
	if f, ok := w.(*answer); ok {
		f.err = public
		return
	}
	if public.Kind == fault.Unavailable || public.Kind == fault.Exhausted {
		wait := public.RetryAfter
		if wait <= 0 {
			wait = defaultRetry
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	writeProblem(w, r, status, string(public.Kind), public.Message)
}

// AllowMethod reports whether r has the method, and answers 405 if not.
func AllowMethod(w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method == method {
		return true
	}
	w.Header().Set("Allow", method)
	writeProblem(w, r, http.StatusMethodNotAllowed, string(fault.Unsupported), "only "+method+" is taken here")
	return false
}

func writeProblem(w http.ResponseWriter, r *http.Request, status int, kind, detail string) {
	body, err := json.Marshal(Problem{
		Title: http.StatusText(status), Status: status, Detail: detail, Kind: kind, TraceID: telemetry.TraceID(r.Context()),
	})
	if err != nil { // strings and a number: never
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(body)
}

// publicError returns what of err may be told: its kind and sentence.
func publicError(err error) *fault.Error {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind != fault.Internal {
		return &fault.Error{Kind: e.Kind, Message: e.Message, RetryAfter: e.RetryAfter}
	}
	return fault.New(fault.Internal, "something went wrong here; the log has the cause under this trace id")
}

func logError(ctx context.Context, status int, err error) {
	level := slog.LevelInfo
	switch {
	case status == http.StatusInternalServerError:
		level = slog.LevelError
	case status > http.StatusInternalServerError:
		level = slog.LevelWarn
	}
	logger(ctx).LogAttrs(ctx, level, "request failed", slog.Int("status", status), slog.String("error", err.Error()))
}
