package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestJSONHasCloudLoggingsNames(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, telemetry.Config{Level: slog.LevelInfo}).With(slog.String("function", "f"))
	ctx := telemetry.WithTraceParent(t.Context(), parent)
	log.DebugContext(ctx, "hidden")
	log.WarnContext(ctx, "look", slog.Int("n", 3))
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "timestamp")
	want := map[string]any{"severity": "WARNING", "message": "look", "n": 3.0, "function": "f", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	telemetry.NewLogger(&out, telemetry.Config{Text: true}).WithGroup("g").Info("hello")
	if !strings.Contains(out.String(), "msg=hello") {
		t.Errorf("got %q", out.String())
	}
}

func TestTraceParent(t *testing.T) {
	t.Parallel()
	if got := telemetry.TraceParent(telemetry.WithTraceParent(t.Context(), parent)); got != parent {
		t.Errorf("a valid parent became %q", got)
	}
	if got := telemetry.TraceID(t.Context()); got != "" {
		t.Errorf("a context without a trace has %q", got)
	}
	seen := map[string]bool{}
	for _, bad := range []string{
		"", "x", strings.ToUpper(parent), parent + "0", "01" + parent[2:], strings.Replace(parent, "b", "g", 1),
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
	} {
		got := telemetry.TraceParent(telemetry.WithTraceParent(t.Context(), bad))
		if got == bad || seen[got] || len(got) != 55 {
			t.Errorf("%q became %q", bad, got)
		}
		seen[got] = true
		if again := telemetry.TraceParent(telemetry.WithTraceParent(t.Context(), got)); again != got {
			t.Errorf("the new parent %q is not valid", got)
		}
	}
}
