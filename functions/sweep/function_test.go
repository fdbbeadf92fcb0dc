package sweep_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/sweep"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
)

type sweeper func() (int, error)

func (s sweeper) Sweep(context.Context) (int, error) { return s() }

type checker func() error

func (c checker) Check(context.Context) error { return c() }

type expirer func() (map[string]int, error)

func (e expirer) Expire(context.Context) (map[string]int, error) { return e() }

func TestAnswer(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	deps := sweep.Deps{Log: slog.New(slog.NewTextHandler(&log, nil)), Configuration: checker(func() error { return nil })}
	deps.Letters, deps.Pages = letters(func() error { return nil }), pages(t, memory.New(memory.Options{Schema: schema}), nil)
	deps.Expirer = expirer(func() (map[string]int, error) { return map[string]int{"audit": 7}, nil })
	deps.Sweeper = sweeper(func() (int, error) { return 3, fault.New(fault.Unavailable, "the queue is down") })
	if err := function.DeliverTask(t.Context(), sweep.New(deps), task.Task{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a sweep that failed answered %v", err)
	}
	deps.Sweeper = sweeper(func() (int, error) { return 0, nil })
	deps.Configuration = checker(func() error { return fault.New(fault.Unavailable, "the store is down") })
	if err := function.DeliverTask(t.Context(), sweep.New(deps), task.Task{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a check that failed answered %v", err)
	}
	deps.Configuration = checker(func() error { return nil })
	deps.Expirer = expirer(func() (map[string]int, error) { return nil, fault.New(fault.Unavailable, "the bucket is down") })
	if err := function.DeliverTask(t.Context(), sweep.New(deps), task.Task{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an expiry that failed answered %v", err)
	}
	if !strings.Contains(log.String(), "woken=3") || !strings.Contains(log.String(), "deleted=map[audit:7]") {
		t.Errorf("the log does not say how many were woken and deleted: %s", log.String())
	}
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	build, ok := function.Lookup("sweep")
	if !ok {
		t.Fatal("sweep is not registered")
	}
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	b := busmemory.New(busmemory.Options{Clock: c})
	q := taskmemory.New(taskmemory.Options{Clock: c})
	s := memory.New(memory.Options{Schema: schema})
	x := execution.Execution{ID: "x", State: execution.Ready, Args: json.RawMessage(`{}`), NotBefore: c.Now(), UpdatedAt: c.Now()}
	if err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: execution.Collection, ID: "x"}, x)
	}); err != nil {
		t.Fatal(err)
	}
	p := function.Platform{
		Store: s, Bus: b, Letters: b, Tasks: q, Clock: c, Log: slog.New(slog.DiscardHandler),
		Env: envconfig.MapLookuper(map[string]string{"SWEEP_GRACE": "10s", "INFINITY_POLICIES": t.TempDir()}),
	}
	h, err := build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{10 * time.Second, 0}, {time.Second, 1}} {
		c.Advance(step.wait)
		if err := function.DeliverTask(t.Context(), h, task.Task{}); err != nil {
			t.Fatal(err)
		}
		if got, err := q.Depth(t.Context(), execution.Queue); err != nil || got != step.want {
			t.Errorf("%d tasks after %s, %v; want %d", got, step.wait, err, step.want)
		}
	}
	open, _, err := store.List[page.Page](t.Context(), s, store.Query{Collection: page.Collection})
	if err != nil || len(open) != 1 || !strings.Contains(open[0].Summary, "autonomy.yaml cannot be read, and nothing of it is in force") {
		t.Errorf("a folder without autonomy.yaml: pages %+v, %v", open, err)
	}
	p.Env = envconfig.MapLookuper(map[string]string{"SWEEP_GRACE": "0s", "RETENTION_DELIVERY_DAYS": "3"})
	if _, err := build(t.Context(), p); err == nil || !strings.Contains(err.Error(), "SWEEP_GRACE") || !strings.Contains(err.Error(), "RETENTION_DELIVERY_DAYS") {
		t.Errorf("a bad configuration: %v", err)
	}
}
