package local_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestS19StopSealsTheLog: what was recorded just before a stop is in the log,
// and cannot be taken out of the stopped folder unseen.
func TestS19StopSealsTheLog(t *testing.T) {
	t.Parallel()
	data, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ready, ended := make(chan local.Info, 1), make(chan error, 1)
	go func() {
		cfg := local.Config{Data: data, Policies: "../../.infinity", Log: quiet, Clock: clock.Real{}}
		ended <- local.Run(ctx, cfg, func(i local.Info) { ready <- i })
	}()
	select {
	case info := <-ready:
		send(t, info.Endpoint, "/v1/freezes", map[string]string{"scope": "global", "reason": "the last thing before the stop"})
	case err := <-ended:
		t.Fatalf("the platform did not start: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	m, err := machine.Open(machine.Options{Data: data, Clock: clock.Real{}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	st, err := transparency.Read(t.Context(), m.Store)
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := store.List[audit.Record](t.Context(), m.Store, store.Query{Collection: audit.Collection})
	if err != nil {
		t.Fatal(err)
	}
	frozen := false
	for _, r := range records {
		if r.Index < 0 || r.Index >= st.Size {
			t.Errorf("%s of %s is not sealed", r.Verb, r.Subject)
		}
		frozen = frozen || r.Verb == "control.frozen" && r.Subject == control.Collection+"/global"
	}
	if !frozen {
		t.Error("the freeze is not on record")
	}
}
