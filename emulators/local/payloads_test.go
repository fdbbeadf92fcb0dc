package local_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
)

// start runs the whole platform in this process until the test ends.
func start(t *testing.T, policies string) (local.Info, string) {
	t.Helper()
	data := t.TempDir()
	ready := make(chan local.Info, 1)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- local.Run(ctx, local.Config{
			Data: data, Policies: policies, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{},
		}, func(i local.Info) { ready <- i })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the platform ended with: %v", err)
		}
	})
	select {
	case info := <-ready:
		return info, data
	case err := <-ended:
		ended <- nil
		t.Fatalf("the platform did not start: %v", err)
		return local.Info{}, ""
	}
}

// TestEveryRecordedPayload sends all payloads that GitHub's documentation
// records through the real webhook function, over HTTP.
func TestEveryRecordedPayload(t *testing.T) {
	t.Parallel()
	info, data := start(t, filepath.Join("..", "..", ".infinity"))
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	secret := webhookSecret(t, data)
	types := map[string]string{} // by delivery id
	for _, p := range all {
		id := uuid.NewString()
		types[id] = "com.github." + p.Event
		if p.Action != "" {
			types[id] += "." + p.Action
		}
		status, err := post(t.Context(), info.Webhook, secret, p.Event, id, p.Body)
		if err != nil || status != http.StatusAccepted {
			t.Errorf("%s: status %d, %v", p.Name(), status, err)
		}
	}
	var events []decision.Delivery
	until(t, time.Minute, "a record of each event", func() bool {
		events = list[decision.Delivery](t, info.Endpoint, "/v1/events")
		return len(events) >= len(all)
	})
	for _, e := range events {
		if want := types[e.EventID]; e.Type != want {
			t.Errorf("event %s has type %q, want %q", e.EventID, e.Type, want)
		}
		if e.DecisionID == "" {
			t.Errorf("event %s has no decision", e.EventID)
		}
		delete(types, e.EventID)
	}
	if len(types) > 0 {
		t.Errorf("%d events are not recorded", len(types))
	}
}
