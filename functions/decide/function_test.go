package decide_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/functions/decide"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	taskmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	good := decide.Config{Policies: "x", VetoWindow: time.Minute, Approval: time.Hour, App: decision.App{ID: 1, Slug: "x"}}
	if err := good.Validate(); err != nil {
		t.Errorf("good: %v", err)
	}
	err := decide.Config{}.Validate()
	for _, name := range []string{"INFINITY_POLICIES", "DECIDE_VETO_WINDOW", "DECIDE_APPROVAL_TIMEOUT", "GITHUB_APP_ID", "GITHUB_APP_SLUG"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

type decider func(event.Event) error

func (d decider) Decide(_ context.Context, e event.Event) (decision.Decision, error) {
	return decision.Decision{}, d(e)
}

func message(t *testing.T) bus.Message {
	t.Helper()
	p, err := payloads.Find("issues", "opened")
	if err != nil {
		t.Fatal(err)
	}
	hook, err := github.Parse(p.Event, p.Body)
	if err != nil {
		t.Fatal(err)
	}
	e := event.Event{ID: "1", Time: time.Unix(1, 0).UTC(), Digest: strings.Repeat("ab", 32), Data: p.Body}
	hook.Fill(&e)
	return event.ToMessage(e)
}

func TestAnswerIsTheDeciders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
	}{
		"decided":  {nil, ""},
		"down":     {fault.New(fault.Unavailable, "down"), fault.Unavailable},
		"invalid":  {fault.New(fault.Invalid, "bad"), fault.Invalid},
		"a defect": {errors.New("x"), fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := event.Event{}
			h := decide.New(decide.Deps{Decider: decider(func(e event.Event) error { got = e; return c.err })})
			err := function.DeliverMessage(t.Context(), h, message(t))
			if (err == nil) != (c.err == nil) || (err != nil && !fault.Is(err, c.kind)) {
				t.Errorf("answered %v, want %s", err, c.kind)
			}
			if got.ID != "1" || got.Type != "com.github.issues.opened" {
				t.Errorf("decided on %+v", got)
			}
		})
	}
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	build, ok := function.Lookup("decide")
	if !ok {
		t.Fatal("decide is not registered")
	}
	c := clock.NewVirtual(time.Unix(0, 0))
	s := memory.New(memory.Options{})
	p := function.Platform{
		Store: s, Blobs: blobmemory.New(c), Tasks: taskmemory.New(taskmemory.Options{Clock: c}), Clock: c,
		Log: slog.New(slog.DiscardHandler), Env: envconfig.MapLookuper(map[string]string{"INFINITY_POLICIES": t.TempDir() + "/none", "GITHUB_APP_ID": "1"}),
	}
	h, err := build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := function.DeliverMessage(t.Context(), h, message(t)); err != nil {
		t.Errorf("an event without policies: %v, want it recorded", err)
	}
	page, err := s.Query(t.Context(), store.Query{Collection: decision.Collection})
	if err != nil || len(page.Documents) != 1 {
		t.Errorf("%d decisions, %v", len(page.Documents), err)
	}
	bad := message(t)
	bad.Attributes["ce-specversion"] = "0.3"
	if err := function.DeliverMessage(t.Context(), h, bad); !fault.Is(err, fault.Invalid) {
		t.Errorf("no event: %v, want invalid", err)
	}
	p.Env = envconfig.MapLookuper(map[string]string{"DECIDE_VETO_WINDOW": "-1s"})
	if _, err := build(t.Context(), p); err == nil || !strings.Contains(err.Error(), "DECIDE_VETO_WINDOW") {
		t.Errorf("a bad configuration: %v", err)
	}
}
