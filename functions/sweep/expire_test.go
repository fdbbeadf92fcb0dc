package sweep_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/task/memory"
)

type noPolicies struct{}

func (noPolicies) Current() *policy.Set { return nil }

// A decided event is known until long after GitHub could send it again, and
// then nothing of it is left: what the engine writes is what sweep deletes.
func TestEventsExpire(t *testing.T) {
	t.Parallel()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewVirtual(start)
	s, blobs, b, q := memory.New(memory.Options{Schema: schema}), blobmemory.New(c), busmemory.New(busmemory.Options{Clock: c}), taskmemory.New(taskmemory.Options{Clock: c})
	build, _ := function.Lookup("sweep")
	h, err := build(t.Context(), function.Platform{
		Store: s, Blobs: blobs, Bus: b, Letters: b, Tasks: q, Clock: c, Log: slog.New(slog.DiscardHandler),
		Env: envconfig.MapLookuper(map[string]string{"INFINITY_POLICIES": t.TempDir()}),
	})
	if err != nil {
		t.Fatal(err)
	}
	engine := decision.NewEngine(decision.Deps{Store: s, Blobs: blobs, Tasks: q, Policies: noPolicies{}, Clock: c, Log: slog.New(slog.DiscardHandler)})
	decide := func(delivery string) string {
		t.Helper()
		d, err := engine.Decide(t.Context(), event.Event{
			ID: delivery, Source: "https://github.com/o/r", Type: "com.github.issues.opened", Repository: "o/r", RepositoryID: 1,
			Time: c.Now(), Data: []byte(`{"action":"opened","issue":{"number":1},"repository":{"id":1,"full_name":"o/r"},"sender":{"login":"ann"}}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		return d.ID
	}
	first := decide("1")
	for _, step := range []struct {
		day  int
		want map[string]int // documents, and bodies
	}{
		{29, map[string]int{"deliveries": 1, "meanings": 1, "decisions": 1, "events/": 1}},
		{31, map[string]int{"deliveries": 1, "meanings": 1, "decisions": 1, "events/": 0}},
		{89, map[string]int{"deliveries": 1, "meanings": 1, "decisions": 1, "events/": 0}},
		{91, map[string]int{"deliveries": 0, "meanings": 1, "decisions": 1, "events/": 0}},
		{401, map[string]int{"deliveries": 0, "meanings": 0, "decisions": 0, "events/": 0}},
	} {
		c.Advance(start.AddDate(0, 0, step.day).Sub(c.Now()))
		for range 2 {
			if err := function.DeliverTask(t.Context(), h, task.Task{}); err != nil {
				t.Fatal(err)
			}
			c.Advance(7 * time.Hour)
		}
		if diff := cmp.Diff(step.want, counts(t.Context(), t, s, blobs)); diff != "" {
			t.Errorf("after %d days (-want +got):\n%s", step.day, diff)
		}
	}
	if again := decide("1"); again != first { // ids are hashes: it is decided anew, under the same one
		t.Errorf("decided as %s, and then as %s", first, again)
	}
	again := decide("2")
	c.Advance(80 * 24 * time.Hour)
	if err := function.DeliverTask(t.Context(), h, task.Task{}); err != nil {
		t.Fatal(err)
	}
	if known := decide("3"); known != again {
		t.Errorf("the same change was decided as %s, and 80 days later as %s", again, known)
	}
}

func counts(ctx context.Context, t *testing.T, s store.Store, blobs *blobmemory.Store) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, c := range []string{decision.Deliveries, decision.Meanings, decision.Collection} {
		found, err := s.Query(ctx, store.Query{Collection: c})
		if err != nil {
			t.Fatal(err)
		}
		n[c] = len(found.Documents)
	}
	infos, _, err := blobs.List(ctx, "events/", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	n["events/"] = len(infos)
	return n
}
