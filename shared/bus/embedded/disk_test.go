package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	database "github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
)

// keys counts the bus's keys of a kind.
func keys(t *testing.T, db *database.DB, kind byte) int {
	t.Helper()
	it, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{database.PrefixBus, kind}, UpperBound: []byte{database.PrefixBus, kind + 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		n++
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

// What all have acknowledged is deleted; what one has not is kept.
func TestTrim(t *testing.T) {
	t.Parallel()
	db, b := open(t, t.TempDir(), nil)
	fast, slow := bus.Subscription{Name: "fast", Topic: "topic"}, bus.Subscription{Name: "slow", Topic: "topic"}
	if err := b.Ensure(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	got := make(chan struct{}, 20_000)
	count := func(context.Context, bus.Message) error { got <- struct{}{}; return nil }
	stop := serve(t, b, fast, count)
	publishMany(t, b, 9000)
	for range 9000 {
		<-got
	}
	stop()
	if n := keys(t, db, 'm'); n != 9000 {
		t.Errorf("%d messages on disk while one subscription needs 9000", n)
	}
	stop = serve(t, b, slow, count)
	for range 9000 {
		<-got
	}
	stop()
	if n := keys(t, db, 'm'); n > 4096 {
		t.Errorf("%d messages on disk though nobody needs any", n)
	}
	if n := keys(t, db, 'a') + keys(t, db, 'r'); n > 2 {
		t.Errorf("%d records of acknowledgements are left", n)
	}
}

// A restart between publishing and serving, with some acknowledged out of
// order, delivers exactly the rest, in order, and Stats says how many.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := make([]string, 0, 40)
	sub := bus.Subscription{Name: "sub", Topic: "topic", Ordered: true, Workers: 4, AckDeadline: time.Minute}
	func() {
		db, err := database.Open(dir, database.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := embedded.New(db, embedded.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := errors.Join(b.Close(), db.Close()); err != nil {
				t.Fatal(err)
			}
		}()
		done := make(chan struct{}, 100)
		release := make(chan struct{})
		defer serve(t, b, sub, func(_ context.Context, m bus.Message) error {
			if m.OrderingKey == "held" {
				<-release
				return errors.New("not yet")
			}
			done <- struct{}{}
			return nil
		})()
		for i := range 80 {
			m := bus.Message{Data: fmt.Append(nil, i), OrderingKey: "held"}
			if i%2 == 1 {
				m.OrderingKey = fmt.Sprint("key", i%5)
			} else {
				want = append(want, string(m.Data))
			}
			if _, err := b.Publish(t.Context(), "topic", m); err != nil {
				t.Fatal(err)
			}
		}
		for range 40 {
			<-done
		}
		close(release)
	}()
	_, b := open(t, dir, nil)
	stats, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantStats := []embedded.Stat{{Subscription: "sub", Topic: "topic", Backlog: 40}, {Subscription: "sub.dead", Topic: "sub.dead"}}
	if diff := cmp.Diff(wantStats, stats); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	ch := make(chan bus.Message, 100)
	serve(t, b, sub, func(_ context.Context, m bus.Message) error { ch <- m; return nil })
	var got []string
	for range 40 {
		m := <-ch
		got = append(got, string(m.Data))
		if first := len(got) == 1; first != (m.Attempt == 2) {
			t.Errorf("message %s has attempt %d", m.Data, m.Attempt)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after the restart (-want +got):\n%s", diff)
	}
}

// A topic nobody subscribes to keeps the last messages for the first that does.
func TestUnclaimed(t *testing.T) {
	t.Parallel()
	db, b := open(t, t.TempDir(), nil)
	publishMany(t, b, 15_000)
	if n := keys(t, db, 'm'); n < 10_000 || n > 14_096 {
		t.Errorf("%d messages are kept", n)
	}
	sub := bus.Subscription{Name: "sub", Topic: "topic"}
	if err := b.Ensure(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	if n := backlog(t, b, "sub"); n < 10_000 {
		t.Errorf("the first subscriber gets %d", n)
	}
}
