package retention_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/retention"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Bodies go when their event was decided long ago, unless a dead letter still
// needs them; what no delivery tells of goes with the deliveries of its time.
func TestBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.write(t, "operations") // the platform is as old as this
	r.body(t, "events/decided", "events/letter", "events/orphan", "events/buried", "audit/tile/0/000")
	r.put(t, map[string]any{
		"deliveries/a": decision.Delivery{ID: "a", BodyRef: "events/decided", ReceivedAt: start, DecidedAt: start},
		"deliveries/b": decision.Delivery{ID: "b", BodyRef: "events/letter", ReceivedAt: start, DecidedAt: start},
	})
	for _, ref := range []string{"events/letter", "events/buried"} {
		if _, err := r.bus.Publish(t.Context(), "decide.dead", bus.Message{Attributes: map[string]string{"ce-dataref": ref}}); err != nil {
			t.Fatal(err)
		}
	}
	r.clock.Advance(31 * day)
	r.body(t, "events/new")
	r.put(t, map[string]any{"deliveries/c": decision.Delivery{ID: "c", BodyRef: "events/new", ReceivedAt: r.clock.Now(), DecidedAt: r.clock.Now()}})
	want := func(when string, keys map[string]bool) {
		t.Helper()
		for key, there := range keys {
			if r.there(t, key) != there {
				t.Errorf("%s: %s is there: %t", when, key, !there)
			}
		}
	}
	if n := r.expire(t); n["bodies"] != 1 {
		t.Errorf("expired %v; want one body, once", n)
	}
	want("after a month", map[string]bool{"events/decided": false, "events/letter": true, "events/orphan": true, "events/new": true})

	// The platform was off: what waits may be as old as this, so the first pass
	// leaves it.
	r.clock.Advance(60 * day)
	if _, err := r.expirer.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("after a standstill", map[string]bool{"events/orphan": true})
	r.clock.Advance(7 * time.Hour)
	r.expire(t)
	want("after a pass more", map[string]bool{"events/orphan": false, "events/letter": true, "events/buried": true, "events/new": false})
	if _, err := r.blobs.Stat(t.Context(), "audit/tile/0/000"); err != nil {
		t.Errorf("a tile of the log: %v", err)
	}
}

// Two calls at once, and calls that die anywhere, delete what is expired and
// nothing else.
func TestTwoAtOnceAndKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(t, old())
	r.clock.Advance(500 * day)
	died := errors.New("died")
	for kill := range 12 {
		dying := &retention.Expirer{
			Config: defaults, Blobs: r.blobs, Letters: r.bus, Clock: r.clock,
			Store: &mortal{Store: r.store, left: kill, cause: died},
		}
		if _, err := dying.Expire(t.Context()); err != nil && !errors.Is(err, died) {
			t.Fatal(err)
		}
		r.clock.Advance(3 * time.Minute) // the lease of the dead ends
	}
	var group errgroup.Group
	for range 4 {
		group.Go(func() error { _, err := r.expirer.Expire(t.Context()); return err })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(7 * time.Hour)
	r.expire(t)
	for name := range old() {
		if r.there(t, name) {
			t.Errorf("%s is left", name)
		}
	}
}

// mortal commits so many transactions and then dies.
type mortal struct {
	store.Store
	left  int
	cause error
}

func (m *mortal) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if m.left--; m.left < 0 {
		return m.cause
	}
	return m.Store.Run(ctx, fn)
}

// While one call is at it, another does nothing; a lease that was given by a
// wrong clock keeps nobody out.
func TestLease(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		until time.Duration
		want  int
	}{"held": {time.Minute, 0}, "ended": {-time.Second, 1}, "of a wrong clock": {100 * day, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.clock.Advance(500 * day)
			r.put(t, map[string]any{
				"fields/f1":       execution.Field{ID: "f1", ChangedAt: start},
				"retention/state": map[string]any{"fence": 3, "leased_until_at": r.clock.Now().Add(c.until)},
			})
			n, err := r.expirer.Expire(t.Context())
			if err != nil || n["fields"] != c.want {
				t.Errorf("deleted %v, %v; want %d", n, err, c.want)
			}
		})
	}
}

// An error of one kind does not keep the others, and is told.
func TestErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(t, old())
	r.clock.Advance(500 * day)
	down := errors.New("the bucket is down")
	r.expirer.Blobs = broken{r.blobs, down}
	if n, err := r.expirer.Expire(t.Context()); !errors.Is(err, down) || n["executions"] != 1 {
		t.Errorf("deleted %v, %v; want the executions, and to be told", n, err)
	}
}

type broken struct {
	blob.Store
	err error
}

func (b broken) Delete(context.Context, string) error { return b.err }
