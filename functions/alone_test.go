package functions_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
)

// TestEachFunctionStartsAlone builds every function on a data folder of its
// own, as `go run ./functions/<name>/cmd` does, and asks for its health.
func TestEachFunctionStartsAlone(t *testing.T) {
	t.Parallel()
	for _, name := range function.Registered() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := machine.Open(machine.Options{Data: t.TempDir(), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := m.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			key, err := transparency.NewKey("test")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Secrets.Add(t.Context(), "audit-log-key", key); err != nil {
				t.Fatal(err)
			}
			construct, _ := function.Lookup(name)
			h, err := construct(t.Context(), m.Platform(envconfig.MapLookuper(map[string]string{
				"GITHUB_APP_ID": "1", "INFINITY_POLICIES": "../.infinity",
			})))
			if err != nil {
				t.Fatal(err)
			}
			for _, request := range []struct{ method, path string }{{http.MethodGet, "/healthz"}, {http.MethodPost, "/"}} {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(t.Context(), request.method, "http://localhost"+request.path, nil)
				h.ServeHTTP(w, r)
				if w.Code >= http.StatusInternalServerError || request.method == http.MethodGet && w.Code != http.StatusOK {
					t.Errorf("%s %s answers %d: %s", request.method, request.path, w.Code, w.Body)
				}
			}
		})
	}
}

func TestMachineIsHeldByOne(t *testing.T) {
	t.Parallel()
	o := machine.Options{Data: t.TempDir(), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)}
	m, err := machine.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := machine.Open(o); err == nil {
		t.Error("a data folder was opened twice")
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := machine.Open(o)
	if err != nil {
		t.Fatalf("open again after close: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
