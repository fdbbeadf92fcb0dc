package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// allergic is a blob store in which what some bodies hold makes decide panic.
type allergic struct {
	blob.Store
	healed *bool
}

// Put implements blob.Store.
func (a allergic) Put(ctx context.Context, key string, r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !*a.healed && bytes.Contains(body, []byte(`"poison"`)) {
		panic("poison")
	}
	return a.Store.Put(ctx, key, bytes.NewReader(body))
}

// TestF6Poison: among good events are some that no decide can take: no event at
// all, JSON 10,000 deep, and one that makes it panic until it is mended. The
// good ones are done; each other one is a dead letter after exactly five
// attempts; delivered again, what can be healed is done.
func TestF6Poison(t *testing.T) {
	t.Parallel()
	healed := false
	o := sim.Options{Seed: 1, Rules: sim.Mix()[:2], Vary: func(name string, p function.Platform) function.Platform {
		if name == "decide" {
			p.Blobs = allergic{p.Blobs, &healed}
		}
		return p
	}}
	must(t, o, func(t *testing.T, w *sim.World) []string {
		t.Helper()
		w.Happen(t.Context(), 97, 20*time.Minute)
		h, err := w.Occur(t.Context(), emulator.Trigger{Name: "issues.opened"})
		if err != nil {
			return []string{err.Error()}
		}
		w.Deliver(t.Context(), w.Edit(h, func(body map[string]json.RawMessage) { body["poison"] = json.RawMessage(`true`) }), w.DeliveryID())
		deep := event.Event{
			ID: "deep", Source: "https://api.github.com/o/r", Type: "com.github.issues.opened", Time: time.Now(),
			Data: []byte(strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000)),
		}
		for _, m := range []bus.Message{{Data: []byte("no event")}, event.ToMessage(deep)} {
			if _, err := w.Bus.Publish(t.Context(), "github.webhook-events", m); err != nil {
				return []string{err.Error()}
			}
		}
		wrong := run(w, 40*time.Minute)
		letters := w.Letters(t.Context(), "agent-orchestrator")
		for _, l := range letters {
			if n := l.Attributes[bus.AttrDeadAttempts]; n != "5" {
				wrong = append(wrong, fmt.Sprintf("a letter after %s attempts: %s", n, l.Attributes[bus.AttrDeadReason]))
			}
		}
		if len(letters) != 3 {
			wrong = append(wrong, fmt.Sprintf("%d dead letters, want the 3 that are poison", len(letters)))
		}
		healed = true
		for _, l := range letters {
			if l.Attributes["ce-id"] == "" || l.Attributes["ce-id"] == "deep" {
				continue // no decide will ever take these
			}
			l.ID, l.Attempt = "", 0
			if _, err := w.Bus.Publish(t.Context(), "github.webhook-events", l); err != nil {
				return []string{err.Error()}
			}
		}
		wrong = append(wrong, run(w, 10*time.Minute)...)
		e, more := judged(t, w)
		return append(append(wrong, more...), unfinished(e)...)
	})
}
