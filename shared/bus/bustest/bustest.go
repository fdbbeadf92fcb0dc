// Package bustest is the conformance suite of the bus: every driver passes it,
// the cloud's driver against Google's own emulator. It tests what shared/bus
// promises, and nothing of how a driver does it.
package bustest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

// Options say what a driver, or the emulator behind it, cannot do. The zero
// value asks for everything.
type Options struct {
	NoFilter    bool          // filters are ignored
	NoBackoff   bool          // the wait between attempts is not the one asked for
	NoBacklog   bool          // Backlog cannot be told
	MinDeadline time.Duration // shortest AckDeadline; 0 means 50 ms
	Patience    time.Duration // how long to wait for what must come; 0 means 10 s
}

// Run runs the suite; open returns an empty bus, closed by the suite.
func Run(t *testing.T, open func(testing.TB) bus.Bus, o Options) {
	t.Helper()
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.MinDeadline == 0 {
		o.MinDeadline = 50 * time.Millisecond
	}
	for name, test := range map[string]func(*fixture){
		"delivers what was published":            testDelivers,
		"each subscription gets all":             testFanOut,
		"keeps what comes while nobody serves":   testKeeps,
		"filter":                                 testFilter,
		"delivers again what failed":             testRetries,
		"backs off":                              testBackoff,
		"keeps the order of a key":               testOrder,
		"a blocked key blocks no other":          testBlockedKey,
		"a failing key keeps its order":          testOrderAcrossRetry,
		"workers run at once, no more than said": testWorkers,
		"dead letter":                            testDeadLetter,
		"look without taking":                    testPeek,
		"take one":                               testRemove,
		"replayed to one":                        testReplayedToOne,
		"tells its subscriptions":                testSubscriptions,
		"a panic is a failure":                   testPanic,
		"a passed deadline is a failure":         testDeadline,
		"ends gracefully":                        testGracefulEnd,
		"too large":                              testTooLarge,
		"backlog":                                testBacklog,
		"acknowledged stays acknowledged":        testAckStays,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			t.Cleanup(func() {
				if err := b.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			test(&fixture{T: t, bus: b, o: o})
		})
	}
}

// fixture is one test with its bus.
type fixture struct {
	*testing.T
	bus bus.Bus
	o   Options
}

// sub is a subscription with short waits, on a topic of this test's own.
func (f *fixture) sub(name string) bus.Subscription {
	return bus.Subscription{
		Name: name, Topic: "topic-of-test", MinBackoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond,
	}
}

func (f *fixture) ensure(s bus.Subscription) {
	f.Helper()
	if err := f.bus.Ensure(f.Context(), s); err != nil {
		f.Fatalf("ensure %s: %v", s.Name, err)
	}
}

func (f *fixture) publish(m bus.Message) string {
	f.Helper()
	id, err := f.bus.Publish(f.Context(), "topic-of-test", m)
	if err != nil {
		f.Fatalf("publish: %v", err)
	}
	return id
}

// publishAll publishes bodies under a key, in order.
func (f *fixture) publishAll(key string, bodies ...string) {
	f.Helper()
	for _, b := range bodies {
		f.publish(bus.Message{Data: []byte(b), OrderingKey: key})
	}
}

// serve serves until the returned function is called, or the test ends; the
// function waits for Serve to return.
func (f *fixture) serve(s bus.Subscription, h bus.Handler) (stop func()) {
	f.Helper()
	f.ensure(s)
	ctx, cancel := context.WithCancel(f.Context())
	done := make(chan error, 1)
	go func() { done <- f.bus.Serve(ctx, s, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				f.Errorf("serve %s: %v", s.Name, err)
			}
		case <-time.After(f.o.Patience):
			f.Errorf("serve %s did not end", s.Name)
		}
	})
	f.Cleanup(stop)
	return stop
}

// collect serves s and sends what it gets to the channel.
func (f *fixture) collect(s bus.Subscription) (<-chan bus.Message, func()) {
	f.Helper()
	got := make(chan bus.Message, 1024)
	return got, f.serve(s, func(_ context.Context, m bus.Message) error {
		got <- m
		return nil
	})
}

// next waits for a value.
func next[T any](f *fixture, ch <-chan T, what string) T {
	f.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(f.o.Patience):
		f.Fatalf("waited %s for %s", f.o.Patience, what)
		panic("not reached")
	}
}

// eventually polls, since a driver may sit behind a server.
func (f *fixture) eventually(what string, ok func() bool) {
	f.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(f.o.Patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			f.Fatalf("waited %s for %s", f.o.Patience, what)
		}
	}
}

func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return names
}
