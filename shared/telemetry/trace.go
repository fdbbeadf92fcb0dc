package telemetry

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

type traceKey struct{}

// TraceParentHeader is the header of W3C Trace Context, as net/http writes it.
const TraceParentHeader = "Traceparent"

// WithTraceParent returns ctx with parent, or with a new trace if parent is
// not a valid traceparent.
func WithTraceParent(ctx context.Context, parent string) context.Context {
	if !valid(parent) {
		parent = NewTraceParent()
	}
	return context.WithValue(ctx, traceKey{}, parent)
}

// TraceParent returns the context's traceparent, or "".
func TraceParent(ctx context.Context) string {
	parent, _ := ctx.Value(traceKey{}).(string)
	return parent
}

// TraceID returns the trace id within the context's traceparent, or "".
func TraceID(ctx context.Context) string {
	if parent := TraceParent(ctx); parent != "" {
		return parent[3:35]
	}
	return ""
}

// NewTraceParent returns a traceparent of a new, sampled trace. It need not be
// unguessable, only unlikely to repeat.
func NewTraceParent() string {
	var id [24]byte
	for i := 0; i < len(id); i += 8 {
		n := rand.Uint64() | 1 //nolint:gosec // no secret; all zero is not allowed
		for j := range 8 {
			id[i+j] = byte(n >> (8 * j))
		}
	}
	out := make([]byte, 0, 55)
	out = append(out, "00-"...)
	out = hex.AppendEncode(out, id[:16])
	out = append(out, '-')
	out = hex.AppendEncode(out, id[16:])
	return string(append(out, "-01"...))
}

// valid reports whether s is a traceparent of version 00.
func valid(s string) bool {
	if len(s) != 55 || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i != 2 && i != 35 && i != 52 && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return strings.Trim(s[3:35], "0") != "" && strings.Trim(s[36:52], "0") != ""
}
