package main_test

import (
	"bufio"
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	infinity "github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// move changes the seeded execution's state.
func move(t *testing.T, st store.Store, to execution.State) {
	t.Helper()
	key := store.Key{Collection: execution.Collection, ID: "xissue000000000"}
	err := st.Run(t.Context(), func(ctx context.Context, tx store.Tx) error {
		x, err := store.Get[execution.Execution](ctx, tx, key)
		if err != nil {
			return err
		}
		x.State, x.UpdatedAt = to, time.Now()
		return tx.Put(key, x)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWatchShowsChangesUntilCtrlC reads what the program prints while it runs.
func TestWatchShowsChangesUntilCtrlC(t *testing.T) {
	t.Parallel()
	st, schema, err := newStore()
	if err != nil {
		t.Fatal(err)
	}
	keys := auth.Keys{Store: st, Clock: clock.Real{}}
	key, err := keys.Issue(t.Context(), "local", auth.Viewer, time.Hour, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := seed(st); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(newGateway(st, nil, schema, keys))
	t.Cleanup(srv.Close)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, in := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- infinity.Run(ctx, []string{"executions", "--watch", "--url", srv.URL, "--key", key}, nil, in, &stderr)
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"EXECUTION", "waiting", "ready", "succeeded"} {
		if want == "ready" || want == "succeeded" {
			move(t, st, execution.State(want))
		}
		if !lines.Scan() || !strings.Contains(lines.Text(), want) {
			t.Fatalf("line %q, want one with %q; %s", lines.Text(), want, stderr.String())
		}
	}
	interrupt()
	if got := <-code; got != 0 || stderr.String() != "" {
		t.Errorf("exit code %d, %q; want a clean end", got, stderr.String())
	}
}
