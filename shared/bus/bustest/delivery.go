package bustest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func testDelivers(f *fixture) {
	f.ensure(f.sub("one"))
	before := time.Now().Add(-time.Minute)
	data := []byte("body\x00\xff")
	want := bus.Message{Data: slices.Clone(data), Attributes: map[string]string{"a": "1", "ü": ""}, OrderingKey: "key", Attempt: 1}
	want.ID = f.publish(bus.Message{Data: data, Attributes: map[string]string{"a": "1", "ü": ""}, OrderingKey: "key"})
	if want.ID == "" {
		f.Error("the message was given no id")
	}
	data[0] = 'X' // the caller may use its buffer again
	got, _ := f.collect(f.sub("one"))
	m := next(f, got, "the message")
	if m.PublishedAt.Before(before) || m.PublishedAt.After(time.Now().Add(time.Minute)) {
		f.Errorf("published at %s", m.PublishedAt)
	}
	m.PublishedAt = time.Time{}
	if diff := cmp.Diff(want, m); diff != "" {
		f.Errorf("message (-want +got):\n%s", diff)
	}
}

func testFanOut(f *fixture) {
	f.ensure(f.sub("one"))
	f.ensure(f.sub("two"))
	want := numbered("m", 20)
	f.publishAll("", want...)
	for _, name := range []string{"one", "two"} {
		got, _ := f.collect(f.sub(name))
		if diff := cmp.Diff(want, f.distinct(got, len(want))); diff != "" {
			f.Errorf("%s got (-want +got):\n%s", name, diff)
		}
	}
}

// distinct returns the sorted bodies of the first n different messages.
func (f *fixture) distinct(got <-chan bus.Message, n int) []string {
	f.Helper()
	var bodies []string
	for len(bodies) < n {
		if b := string(next(f, got, "more messages").Data); !slices.Contains(bodies, b) {
			bodies = append(bodies, b)
		}
	}
	slices.Sort(bodies)
	return bodies
}

func testKeeps(f *fixture) {
	s := f.sub("one")
	got, stop := f.collect(s)
	f.publishAll("", "first")
	next(f, got, "the first message")
	stop()
	f.publishAll("", "second", "third")
	got, _ = f.collect(s)
	if diff := cmp.Diff([]string{"second", "third"}, f.distinct(got, 2)); diff != "" {
		f.Errorf("after serving again (-want +got):\n%s", diff)
	}
}

func testFilter(f *fixture) {
	if f.o.NoFilter {
		f.Skip("the driver's server ignores filters")
	}
	s := f.sub("one")
	s.Filter = map[string]string{"kind": "push", "level": "3"}
	s.Workers = 1
	f.ensure(s)
	for _, a := range []map[string]string{nil, {"kind": "push"}, {"kind": "push", "level": "2"}, {"level": "3"}} {
		f.publish(bus.Message{Data: []byte("no"), Attributes: a})
	}
	f.publish(bus.Message{Data: []byte("yes"), Attributes: map[string]string{"kind": "push", "level": "3", "more": "x"}})
	got, _ := f.collect(s)
	if m := next(f, got, "the message that passes"); string(m.Data) != "yes" {
		f.Errorf("got %q through the filter", m.Data)
	}
	if !f.o.NoBacklog {
		f.eventually("an empty backlog", func() bool { return f.backlog() == 0 })
	}
}

func testAckStays(f *fixture) {
	s := f.sub("one")
	got, stop := f.collect(s)
	f.publishAll("", "first")
	next(f, got, "the message")
	stop()
	got, _ = f.collect(s)
	f.publishAll("", "last")
	if m := next(f, got, "the last message"); string(m.Data) != "last" {
		f.Errorf("got %q, which was acknowledged, again", m.Data)
	}
}

func testWorkers(f *fixture) {
	s := f.sub("one")
	s.Workers = 3
	var now, most atomic.Int32
	entered, release := make(chan struct{}, 64), make(chan struct{})
	f.serve(s, func(context.Context, bus.Message) error {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		entered <- struct{}{}
		<-release
		now.Add(-1)
		return nil
	})
	f.publishAll("", numbered("m", 12)...)
	for range 3 {
		next(f, entered, "three handlers at once")
	}
	close(release)
	for range 9 {
		next(f, entered, "the other messages")
	}
	if most.Load() != 3 {
		f.Errorf("%d handlers ran at once, want 3", most.Load())
	}
}

func testGracefulEnd(f *fixture) {
	started, release := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	s := f.sub("one")
	stop := f.serve(s, func(ctx context.Context, _ bus.Message) error {
		close(started)
		<-release
		ended.Store(true)
		return ctx.Err() // the end of Serve must not reach into a handler
	})
	f.publishAll("", "one")
	next(f, started, "the handler")
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	select {
	case <-stopped:
		f.Error("Serve ended before its handler")
	case <-time.After(20 * time.Millisecond): // it has had its chance
	}
	close(release)
	next(f, stopped, "the end of Serve")
	if !ended.Load() {
		f.Error("the handler did not end")
	}
	s.Workers = 1 // what was not acknowledged would come first
	got, _ := f.collect(s)
	f.publishAll("", "two")
	if m := next(f, got, "the next message"); string(m.Data) != "two" {
		f.Errorf("%q, handled during the end, came again", m.Data)
	}
}

func testTooLarge(f *fixture) {
	f.ensure(f.sub("one"))
	for name, m := range map[string]bus.Message{
		"data":       {Data: make([]byte, bus.MaxMessageBytes+1)},
		"attributes": {Data: make([]byte, bus.MaxMessageBytes-5), Attributes: map[string]string{"key": "value"}},
	} {
		_, err := f.bus.Publish(f.Context(), "topic-of-test", m)
		if !errors.Is(err, bus.ErrTooLarge) || !fault.Is(err, fault.TooLarge) {
			f.Errorf("%s over the limit: %v", name, err)
		} else if public, _ := fault.Public(err); !strings.Contains(public, "10000000") {
			f.Errorf("%s: %q does not say the limit", name, public)
		}
	}
}

func (f *fixture) backlog() int {
	f.Helper()
	n, err := f.bus.Backlog(f.Context(), "one")
	if err != nil {
		f.Fatalf("backlog: %v", err)
	}
	return n
}

func testBacklog(f *fixture) {
	if f.o.NoBacklog {
		f.Skip("the driver cannot tell its backlog")
	}
	s := f.sub("one")
	f.ensure(s)
	f.publishAll("", numbered("m", 10)...)
	if n := f.backlog(); n != 10 {
		f.Errorf("backlog %d before serving, want 10", n)
	}
	s.Workers = 4
	hold, entered := make(chan struct{}), make(chan struct{}, 16)
	f.serve(s, func(_ context.Context, m bus.Message) error {
		entered <- struct{}{}
		if string(m.Data) == "m-000" {
			<-hold
		}
		return nil
	})
	for range 10 {
		next(f, entered, "all handlers")
	}
	f.eventually("a backlog of the one that is held", func() bool { return f.backlog() == 1 })
	close(hold)
	f.eventually("an empty backlog", func() bool { return f.backlog() == 0 })
	if _, err := f.bus.Backlog(f.Context(), "nobody"); !fault.Is(err, fault.NotFound) {
		f.Errorf("backlog of an unknown subscription: %v", err)
	}
}
