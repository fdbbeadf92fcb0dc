// Package telemetry sets up the log and carries the trace through contexts: in
// the cloud as JSON with Cloud Logging's field names, at a terminal as text.
// It exports no spans: the trace id in the log is what ties records together.
//
// Sources: https://cloud.google.com/logging/docs/structured-logging and W3C
// Trace Context, https://www.w3.org/TR/trace-context/
package telemetry

import (
	"context"
	"io"
	"log/slog"
)

// Config says how to log.
type Config struct {
	// Level is debug, info, warn or error.
	Level slog.Level `env:"LOG_LEVEL, default=info"`
	// Text logs lines for people instead of JSON.
	Text bool `env:"LOG_TEXT"`
}

// NewLogger returns a logger to w that adds the context's trace_id.
func NewLogger(w io.Writer, c Config) *slog.Logger {
	if c.Text {
		return slog.New(handler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: c.Level})})
	}
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: c.Level, ReplaceAttr: cloudNames})})
}

// cloudNames gives the built-in fields the names that Cloud Logging reads.
func cloudNames(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.MessageKey:
		a.Key = "message"
	case slog.TimeKey:
		a.Key = "timestamp"
	case slog.LevelKey:
		a.Key = "severity"
		if level, ok := a.Value.Any().(slog.Level); ok && level >= slog.LevelWarn && level < slog.LevelError {
			a.Value = slog.StringValue("WARNING")
		}
	}
	return a
}

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := TraceID(ctx); id != "" {
		r.AddAttrs(slog.String("trace_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
