package sweep_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/sweep"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type letters func() error

func (l letters) Watch(context.Context) error { return l() }

func pages(t *testing.T, s store.Store, b bus.Publisher) sweep.Pages {
	t.Helper()
	return sweep.Pages{Store: s, Bus: b, Clock: clock.NewVirtual(start), Log: slog.New(slog.DiscardHandler)}
}

// refusing is a bus that is down.
type refusing struct{}

func (refusing) Publish(context.Context, string, bus.Message) (string, error) {
	return "", errors.New("down")
}

// A page is published until it was, then not again, unless it is raised anew.
func TestPagesArePublished(t *testing.T) {
	t.Parallel()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	s, b := memory.New(memory.Options{Schema: schema}), busmemory.New(busmemory.Options{})
	if err := b.Ensure(t.Context(), bus.Subscription{Name: "reader", Topic: "error.critical"}); err != nil {
		t.Fatal(err)
	}
	in := func(f func(context.Context, store.Tx) error) {
		t.Helper()
		if err := s.Run(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	raise := func(at time.Time) {
		in(func(ctx context.Context, tx store.Tx) error {
			return page.Raise(ctx, tx, page.Page{Kind: "fight", Subject: "o/r issue 1", Severity: page.Critical, Summary: "s", Do: "d"}, "system:test", at)
		})
	}
	raise(start)
	if err := pages(t, s, refusing{}).Tell(t.Context()); err == nil {
		t.Error("a bus that is down was not told of")
	}
	for range 2 {
		if err := pages(t, s, b).Tell(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	in(func(ctx context.Context, tx store.Tx) error {
		p, _, err := page.Find(ctx, tx, "fight", "o/r issue 1")
		if err != nil {
			return err
		}
		_, err = page.Resolve(ctx, tx, p.ID, "key:ana", start)
		return err
	})
	raise(start.Add(time.Hour))
	if err := pages(t, s, b).Tell(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, err := b.Peek(t.Context(), "reader", "", 10)
	if err != nil || len(told) != 2 {
		t.Fatalf("published %d times, %v; want once for each time it was raised", len(told), err)
	}
	first, err := event.FromMessage(told[0])
	second, err2 := event.FromMessage(told[1])
	if err := errors.Join(err, err2); err != nil || first.Type != "io.infinity.page.raised" || first.ID == second.ID {
		t.Errorf("events %+v and %+v, %v", first, second, err)
	}
}
