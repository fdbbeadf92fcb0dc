package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task/tasktest"
)

func open(tb testing.TB, dir string, fs vfs.FS, c clock.Clock) *embedded.Queue {
	tb.Helper()
	db, err := database.Open(dir, database.Options{FS: fs})
	if err != nil {
		tb.Fatal(err)
	}
	q, err := embedded.New(db, embedded.Options{Clock: c, Jitter: func() float64 { return 0 }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(q.Close(), db.Close()); err != nil {
			tb.Error(err)
		}
	})
	return q
}

func TestConformance(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, func(tb testing.TB, c clock.Clock) task.Queue {
		tb.Helper()
		return open(tb, tb.TempDir(), nil, c)
	})
}

// A power cut keeps what was enqueued, its attempts and its name, and does not
// forget what was not synced into something that never was.
func TestCrash(t *testing.T) {
	t.Parallel()
	c := clock.NewVirtual(time.Unix(1_800_000_000, 0))
	fs := vfs.NewCrashableMem()
	q := open(t, "data", fs, c)
	for i := range 20 {
		if err := q.Enqueue(t.Context(), task.Task{Queue: "q", Name: fmt.Sprint(i), Body: []byte{byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	failed := make(chan struct{}, 20)
	go func() {
		served <- q.Serve(ctx, task.Config{Queue: "q", MinBackoff: time.Minute}, func(context.Context, task.Task) error {
			failed <- struct{}{}
			return errors.New("refused")
		})
	}()
	for range 20 {
		<-failed
	}
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	q = open(t, "data", fs.CrashClone(vfs.CrashCloneCfg{}), c) // nothing unsynced survives
	if n, err := q.Depth(t.Context(), "q"); n != 20 || err != nil {
		t.Fatalf("depth %d, %v after the crash, want 20", n, err)
	}
	if err := q.Enqueue(t.Context(), task.Task{Queue: "q", Name: "7"}); !errors.Is(err, task.ErrExists) {
		t.Errorf("a queued name after the crash: %v", err)
	}
	c.Advance(2 * time.Minute)
	ctx, cancel = context.WithCancel(t.Context())
	got := make(chan task.Task, 20)
	go func() {
		served <- q.Serve(ctx, task.Config{Queue: "q"}, func(_ context.Context, m task.Task) error { got <- m; return nil })
	}()
	seen := map[string]bool{}
	for range 20 {
		m := <-got
		if m.Attempt != 2 || fmt.Sprint(m.Body[0]) != m.Name {
			t.Errorf("task %s with body %v, attempt %d, want attempt 2", m.Name, m.Body, m.Attempt)
		}
		seen[m.Name] = true
	}
	cancel()
	if err := <-served; err != nil || len(seen) != 20 {
		t.Errorf("%d different tasks ran, want 20; serve: %v", len(seen), err)
	}
}
