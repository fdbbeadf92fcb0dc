package execute_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/execute"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	secretmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
)

func TestConfigNamesAllMistakes(t *testing.T) {
	t.Parallel()
	err := execute.Config{Live: []string{"*", "12", "octo"}}.Validate()
	for _, want := range []string{"EXECUTE_LEASE", `EXECUTE_LIVE_INSTALLATIONS has "octo"`, "GITHUB_APP_ID"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

type runner func(id string) error

func (r runner) Run(_ context.Context, id string) error { return r(id) }

func TestTaskBodies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"execution":"abc"}`: "abc", `{"execution":""}`: "", `{}`: "", `{`: "", `[]`: "", ``: "", `{"execution":7}`: "",
	} {
		ran := ""
		var log strings.Builder
		h := execute.New(execute.Deps{
			Runner: runner(func(id string) error { ran = id; return nil }),
			Log:    slog.New(slog.NewTextHandler(&log, nil)),
		})
		err := function.DeliverTask(t.Context(), h, task.Task{Queue: execution.Queue, Body: []byte(body)})
		if ran != want || err != nil || (log.Len() == 0) != (want != "") {
			t.Errorf("body %s ran %q with %v, logged %q; want %q, and a bad body dropped with a log", body, ran, err, log.String(), want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for kind, again := range map[fault.Kind]bool{
		fault.NotFound: false, fault.Invalid: false, fault.Unavailable: true, fault.Conflict: true, fault.Internal: true,
	} {
		h := execute.New(execute.Deps{
			Runner: runner(func(string) error { return fault.New(kind, "it went wrong") }), Log: slog.New(slog.DiscardHandler),
		})
		err := function.DeliverTask(t.Context(), h, task.Task{Queue: execution.Queue, Body: []byte(`{"execution":"abc"}`)})
		if (err != nil) != again {
			t.Errorf("a runner's %s gives %v; called again: want %t", kind, err, again)
		}
	}
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	build, ok := function.Lookup("execute")
	if !ok {
		t.Fatal("execute is not registered")
	}
	c := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New(memory.Options{Schema: schema})
	p := function.Platform{
		Store: s, Tasks: taskmemory.New(taskmemory.Options{Clock: c}), Clock: c, Log: slog.New(slog.DiscardHandler),
		Secrets: secretmemory.New(c),
		Env:     envconfig.MapLookuper(map[string]string{"GITHUB_APP_ID": "1", "INFINITY_POLICIES": t.TempDir() + "/none"}),
	}
	h, err := build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	run := func(id string) error {
		return function.DeliverTask(t.Context(), h, task.Task{Queue: execution.Queue, Body: []byte(`{"execution":"` + id + `"}`)})
	}
	if err := run("nobody"); err != nil {
		t.Errorf("an unknown execution: %v, want its task dropped", err)
	}
	// The gates are in place: with other policies than it was decided under,
	// the claim refuses.
	k := store.Key{Collection: execution.Collection, ID: "x"}
	x := execution.Execution{ID: "x", Policy: "gone", Digest: "old", State: execution.Ready, NotBefore: c.Now()}
	if err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(k, x) }); err != nil {
		t.Fatal(err)
	}
	if err := run("x"); err != nil {
		t.Fatal(err)
	}
	if x, err = store.Get[execution.Execution](t.Context(), s, k); err != nil || x.State != execution.Blocked {
		t.Errorf("an execution of a policy that is gone is %s (%s), %v", x.State, x.Reason, err)
	}
	p.Env = envconfig.MapLookuper(nil)
	if _, err := build(t.Context(), p); err == nil || !strings.Contains(err.Error(), "GITHUB_APP_ID") {
		t.Errorf("a bad configuration: %v", err)
	}
}
