package local_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	eventgithub "github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// start runs the whole platform in this process until the test ends. The fake
// GitHub tells of nothing that a test has not triggered.
func start(t *testing.T, policies string) (local.Info, string) {
	t.Helper()
	return startWith(t, local.Config{Policies: policies})
}

func startWith(t *testing.T, cfg local.Config) (local.Info, string) {
	t.Helper()
	data := t.TempDir()
	cfg.Data, cfg.Log, cfg.Clock = data, slog.New(slog.DiscardHandler), clock.Real{}
	ready := make(chan local.Info, 1)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- local.Run(ctx, cfg, func(i local.Info) { ready <- i })
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
	types := map[string]string{}          // by delivery id
	sent := map[string]payloads.Payload{} // by delivery id
	for _, p := range all {
		id := uuid.NewString()
		sent[id] = p
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
	checkDecisions(t, info.Endpoint, events, sent)
}

// checkDecisions compares what was decided with what the default policies, of
// which their fixtures are tested elsewhere, say of each payload.
func checkDecisions(t *testing.T, e local.Endpoint, events []decision.Delivery, sent map[string]payloads.Payload) {
	t.Helper()
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := policy.Load(os.DirFS(filepath.Join("..", "..", ".infinity")), actions)
	if err != nil {
		t.Fatal(err)
	}
	decided := map[string]decision.Decision{}
	for _, d := range list[decision.Decision](t, e, "/v1/decisions") {
		decided[d.ID] = d
	}
	matched := 0
	for _, ev := range events {
		var got []string
		for _, p := range decided[ev.DecisionID].Proposals {
			got = append(got, p.Policy)
		}
		want := matching(t, set, sent[ev.EventID])
		matched += len(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: policies (-want +got):\n%s", sent[ev.EventID].Name(), diff)
		}
	}
	if matched == 0 {
		t.Error("no recorded payload matches a default policy: the comparison shows nothing")
	}
}

func matching(t *testing.T, set *policy.Set, p payloads.Payload) []string {
	t.Helper()
	hook, err := eventgithub.Parse(p.Event, p.Body)
	if err != nil {
		t.Fatal(err)
	}
	ev := event.Event{ID: p.Name(), Data: p.Body}
	hook.Fill(&ev)
	in, err := policy.NewInput(ev)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range set.Match(in) {
		names = append(names, m.Policy.Name)
	}
	return names
}
