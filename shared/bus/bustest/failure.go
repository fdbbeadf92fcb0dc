package bustest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

var errRefused = errors.New("secret cause")

func testRetries(f *fixture) {
	attempts := make(chan int, 16)
	f.serve(f.sub("one"), func(_ context.Context, m bus.Message) error {
		attempts <- m.Attempt
		if m.Attempt < 3 {
			return errRefused
		}
		return nil
	})
	f.publishAll("", "m")
	for want := 1; want <= 3; want++ {
		if got := next(f, attempts, "an attempt"); got != want {
			f.Errorf("attempt %d, want %d", got, want)
		}
	}
}

func testBackoff(f *fixture) {
	if f.o.NoBackoff {
		f.Skip("the driver's server keeps no back-off")
	}
	s := f.sub("one")
	s.MinBackoff, s.MaxBackoff = 20*time.Millisecond, 40*time.Millisecond
	times := make(chan time.Time, 16)
	f.serve(s, func(_ context.Context, m bus.Message) error {
		times <- time.Now()
		if m.Attempt < 4 {
			return errRefused
		}
		return nil
	})
	f.publishAll("", "m")
	last := next(f, times, "the first attempt")
	for _, least := range []time.Duration{20 * time.Millisecond, 40 * time.Millisecond, 40 * time.Millisecond} {
		at := next(f, times, "another attempt")
		if wait := at.Sub(last); wait < least {
			f.Errorf("tried again after %s, want at least %s", wait, least)
		}
		last = at
	}
}

// recorder notes bodies by key.
type recorder struct {
	mu   sync.Mutex
	seen map[string][]string
	all  chan struct{}
}

func (r *recorder) add(m bus.Message) {
	r.mu.Lock()
	r.seen[m.OrderingKey] = append(r.seen[m.OrderingKey], string(m.Data))
	r.mu.Unlock()
	r.all <- struct{}{}
}

func newRecorder() *recorder {
	return &recorder{seen: map[string][]string{}, all: make(chan struct{}, 4096)}
}

func testOrder(f *fixture) {
	s := f.sub("one")
	s.Ordered = true
	f.ensure(s)
	keys, want := numbered("key", 5), map[string][]string{}
	for _, body := range numbered("m", 30) {
		for _, k := range keys {
			f.publishAll(k, body)
			want[k] = append(want[k], body)
		}
	}
	r := newRecorder()
	var busy sync.Map
	f.serve(s, func(_ context.Context, m bus.Message) error {
		if _, twice := busy.LoadOrStore(m.OrderingKey, true); twice {
			f.Errorf("two handlers at once for %s", m.OrderingKey)
		}
		r.add(m)
		busy.Delete(m.OrderingKey)
		return nil
	})
	for range 150 {
		next(f, r.all, "all messages")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(want, r.seen); diff != "" {
		f.Errorf("order (-want +got):\n%s", diff)
	}
}

func testBlockedKey(f *fixture) {
	s := f.sub("one")
	s.Ordered, s.Workers = true, 3
	r := newRecorder()
	release := make(chan struct{})
	f.serve(s, func(_ context.Context, m bus.Message) error {
		if m.OrderingKey == "blocked" {
			<-release
		}
		r.add(m)
		return nil
	})
	f.publishAll("blocked", numbered("m", 100)...)
	f.publishAll("free", "a", "b")
	f.publishAll("other", "c")
	for range 3 {
		next(f, r.all, "the keys that are not blocked")
	}
	close(release)
	for range 100 {
		next(f, r.all, "the blocked key")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	want := map[string][]string{"blocked": numbered("m", 100), "free": {"a", "b"}, "other": {"c"}}
	if diff := cmp.Diff(want, r.seen); diff != "" {
		f.Errorf("order (-want +got):\n%s", diff)
	}
}

func testOrderAcrossRetry(f *fixture) {
	s := f.sub("one")
	s.Ordered, s.MaxAttempts = true, 10
	done := make(chan string, 64)
	f.serve(s, func(_ context.Context, m bus.Message) error {
		if string(m.Data) == "m-001" && m.Attempt < 4 {
			return errRefused
		}
		done <- string(m.Data)
		return nil
	})
	f.publishAll("key", numbered("m", 5)...)
	var got []string
	for range 5 {
		got = append(got, next(f, done, "all messages"))
	}
	if diff := cmp.Diff(numbered("m", 5), got); diff != "" {
		f.Errorf("order (-want +got):\n%s", diff)
	}
}

func testDeadLetter(f *fixture) {
	s := f.sub("one")
	s.MaxAttempts, s.Ordered = 3, true
	var tries atomic.Int32
	after := make(chan struct{}, 1)
	f.serve(s, func(_ context.Context, m bus.Message) error {
		if string(m.Data) == "good" {
			after <- struct{}{}
			return nil
		}
		tries.Add(1)
		return fault.Wrap(fault.Invalid, errRefused, "the body is no JSON")
	})
	f.publish(bus.Message{Data: []byte("poison"), Attributes: map[string]string{"a": "1"}, OrderingKey: "key"})
	f.publishAll("key", "good")
	letters, _ := f.collect(bus.Subscription{Name: "one.dead", Topic: "one.dead"})
	m := next(f, letters, "the dead letter")
	if first, err := time.Parse(time.RFC3339Nano, m.Attributes[bus.AttrDeadFirst]); err != nil || first.After(m.PublishedAt) {
		f.Errorf("first published at %q, the letter at %s", m.Attributes[bus.AttrDeadFirst], m.PublishedAt)
	}
	delete(m.Attributes, bus.AttrDeadFirst)
	want := map[string]string{
		"a": "1", bus.AttrDeadReason: "the body is no JSON",
		bus.AttrDeadAttempts: "3", bus.AttrDeadSubscription: "one",
	}
	if diff := cmp.Diff(want, m.Attributes); diff != "" {
		f.Errorf("attributes (-want +got):\n%s", diff)
	}
	if string(m.Data) != "poison" || m.OrderingKey != "key" || m.Attempt != 1 {
		f.Errorf("letter %q, key %q, attempt %d", m.Data, m.OrderingKey, m.Attempt)
	}
	next(f, after, "the message behind the poison")
	if n := tries.Load(); n != 3 {
		f.Errorf("poison was tried %d times, want 3", n)
	}
}

func testPanic(f *fixture) {
	s := f.sub("one")
	s.MaxAttempts = 2
	f.serve(s, func(context.Context, bus.Message) error { panic("token=hunter2") })
	f.publishAll("", "m")
	letters, _ := f.collect(bus.Subscription{Name: "one.dead", Topic: "one.dead"})
	m := next(f, letters, "the dead letter")
	if reason := m.Attributes[bus.AttrDeadReason]; reason == "" || strings.Contains(reason, "hunter2") {
		f.Errorf("reason %q: want a public text", reason)
	}
}

func testDeadline(f *fixture) {
	s := f.sub("one")
	s.AckDeadline, s.MaxAttempts = f.o.MinDeadline, 100
	attempts := make(chan int, 16)
	ended := make(chan error, 16)
	f.serve(s, func(ctx context.Context, m bus.Message) error {
		attempts <- m.Attempt
		if m.Attempt == 1 {
			<-ctx.Done()
			ended <- ctx.Err()
		}
		return nil
	})
	f.publishAll("", "slow")
	for want := 1; want <= 2; want++ {
		if got := next(f, attempts, "an attempt"); got != want {
			f.Errorf("attempt %d, want %d", got, want)
		}
	}
	if err := next(f, ended, "the end of the first handler's context"); err == nil {
		f.Error("the context had no error")
	}
}
