package execute_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	secretmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
)

// The function undoes under the freezes in force, and quarantines what cannot
// be undone: its machine has gates and brakes for that.
func TestUndoIsWired(t *testing.T) {
	t.Parallel()
	build, _ := function.Lookup("execute")
	c := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New(memory.Options{Schema: schema})
	h, err := build(t.Context(), function.Platform{
		Store: s, Tasks: taskmemory.New(taskmemory.Options{Clock: c}), Clock: c, Log: slog.New(slog.DiscardHandler), Secrets: secretmemory.New(c),
		Env: envconfig.MapLookuper(map[string]string{"GITHUB_APP_ID": "1", "INFINITY_POLICIES": t.TempDir() + "/none"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	k := store.Key{Collection: execution.Collection, ID: "x"}
	x := execution.Execution{
		ID: "x", Policy: "p", Action: "github.issue.label", Reversible: true, Repository: "octo/hello", Resource: "octo/hello issue 12",
		State: execution.Reverting, Intent: 1, NotBefore: c.Now(), Undo: &execution.Undo{By: "key:ann", Tries: execution.MaxUndos},
	}
	if err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(k, x) }); err != nil {
		t.Fatal(err)
	}
	run := func() execution.Execution {
		t.Helper()
		if err := function.DeliverTask(t.Context(), h, task.Task{Queue: execution.Queue, Body: []byte(`{"execution":"x"}`)}); err != nil {
			t.Fatal(err)
		}
		now, err := store.Get[execution.Execution](t.Context(), s, k)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	controls := control.Controls{Store: s, Clock: c}
	if _, err := controls.Set(t.Context(), control.Global, "key:ann", "hold"); err != nil {
		t.Fatal(err)
	}
	if x := run(); x.State != execution.Reverting || !strings.Contains(x.Reason, "undoing waits: frozen (global)") {
		t.Errorf("under a freeze it is %s (%s)", x.State, x.Reason)
	}
	if err := controls.Lift(t.Context(), control.Global, "key:ann"); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Hour)
	if x := run(); x.State != execution.RevertFailed {
		t.Errorf("after its last try it is %s (%s)", x.State, x.Reason)
	}
	if _, frozen, err := control.Frozen(t.Context(), s, control.Resource(x.Resource)); err != nil || !frozen {
		t.Errorf("the resource is frozen: %t, %v", frozen, err)
	}
}
