package memory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// play publishes n messages, half of them under a key, and returns the
// deliveries by message in the order that each of them saw.
func play(t *testing.T, faults memory.Faults, n int) (seen map[string][]int, order []string) {
	t.Helper()
	b := memory.New(memory.Options{Faults: faults})
	sub := bus.Subscription{
		Name: "sub", Topic: "topic", Ordered: true, Workers: 4,
		MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond,
	}
	if err := b.Ensure(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m := bus.Message{Data: fmt.Append(nil, i)}
		if i%2 == 0 {
			m.OrderingKey = "key"
		}
		if _, err := b.Publish(t.Context(), "topic", m); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	seen = map[string][]int{}
	done := make(chan error, 1)
	go func() {
		done <- b.Serve(t.Context(), sub, func(_ context.Context, m bus.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if len(seen[m.ID]) == 0 {
				order = append(order, m.ID)
			}
			seen[m.ID] = append(seen[m.ID], m.Attempt)
			return nil
		})
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for left := 1; left > 0; <-tick.C {
		var err error
		if left, err = b.Backlog(t.Context(), "sub"); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(b.Close(), <-done); err != nil {
		t.Fatal(err)
	}
	return seen, order
}

func TestFaultsLoseNothingAndRepeat(t *testing.T) {
	t.Parallel()
	faults := memory.Faults{Seed: 7, DropAck: 0.2, Duplicate: 0.1, Delay: 0.2, Reorder: 0.1, MaxDelay: 3 * time.Millisecond}
	first, order := play(t, faults, 400)
	if len(first) != 400 {
		t.Fatalf("%d of 400 messages were delivered", len(first))
	}
	extra, keyed := 0, []int{}
	for _, attempts := range first {
		extra += len(attempts) - 1
	}
	if extra < 60 || extra > 240 {
		t.Errorf("%d deliveries too many, want about 140", extra)
	}
	for _, id := range order {
		var n int
		if _, err := fmt.Sscan(id, &n); err != nil {
			t.Fatal(err)
		}
		if n%2 == 1 { // ids count from 1: the keyed ones
			keyed = append(keyed, n)
		}
	}
	if !slices.IsSorted(keyed) {
		t.Error("the faults broke the order of a key")
	}
	if slices.IsSortedFunc(order, func(a, b string) int { return len(a) - len(b) }) {
		t.Error("nothing was reordered")
	}
	second, _ := play(t, faults, 400)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same seed gave other faults (-first +second):\n%s", diff)
	}
	faults.Seed++
	if third, _ := play(t, faults, 400); cmp.Equal(first, third) {
		t.Error("another seed gave the same faults")
	}
}

// Back-off and deadline run on the bus's clock, to the nanosecond.
func TestVirtualClock(t *testing.T) {
	t.Parallel()
	c := clock.NewVirtual(time.Unix(1_800_000_000, 0))
	b := memory.New(memory.Options{Clock: c})
	start := c.Now()
	at := make(chan time.Duration, 8)
	go func() {
		_ = b.Serve(t.Context(), bus.Subscription{Name: "sub", Topic: "topic"}, func(ctx context.Context, m bus.Message) error {
			at <- c.Now().Sub(start)
			if m.Attempt == 3 {
				<-ctx.Done()
			}
			return errors.New("refused")
		})
	}()
	if _, err := b.Publish(t.Context(), "topic", bus.Message{}); err != nil {
		t.Fatal(err)
	}
	// 1 s, 2 s, then 60 s of deadline and 4 s, then 8 s.
	want := []time.Duration{0, time.Second, 3 * time.Second, 67 * time.Second, 75 * time.Second}
	var got []time.Duration
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(got) < 5 {
		select {
		case d := <-at:
			got = append(got, d)
		case <-tick.C:
			due := start.Add(want[len(got)]) // not over it: the bus may not have set its alarm yet
			if next, ok := c.Next(); ok && !next.After(due) {
				c.Advance(next.Sub(c.Now()))
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
