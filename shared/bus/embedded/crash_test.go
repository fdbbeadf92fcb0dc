package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
)

// serve serves until the returned function is called.
func serve(t *testing.T, b *embedded.Bus, s bus.Subscription, h bus.Handler) (stop func()) {
	t.Helper()
	if err := b.Ensure(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Serve(ctx, s, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func publish(t *testing.T, b *embedded.Bus, n int) {
	t.Helper()
	for i := range n {
		if _, err := b.Publish(t.Context(), "topic", bus.Message{Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// publishMany publishes from 64 goroutines, so that an fsync serves many.
func publishMany(tb testing.TB, b *embedded.Bus, n int) {
	tb.Helper()
	var all sync.WaitGroup
	body := make([]byte, 1024)
	for worker := range 64 {
		all.Go(func() {
			for i := worker; i < n; i += 64 {
				if _, err := b.Publish(tb.Context(), "topic", bus.Message{Data: body}); err != nil {
					tb.Errorf("publish: %v", err)
				}
			}
		})
	}
	all.Wait()
}

func backlog(t *testing.T, b *embedded.Bus, name string) int {
	t.Helper()
	n, err := b.Backlog(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Power cuts strike while 8 publishers and a consumer are at work. Whatever
// Publish returned for, and was not handled, must come after each cut; and
// what a graceful end has synced must not.
func TestPowerCutLosesNothing(t *testing.T) {
	t.Parallel()
	for seed := range 8 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewCrashableMem()
			_, b := open(t, "data", fs)
			sub := bus.Subscription{Name: "sub", Topic: "topic", MinBackoff: time.Millisecond}
			serve(t, b, sub, func(context.Context, bus.Message) error { return nil })
			var mu sync.Mutex
			var publishers sync.WaitGroup
			accepted, cut := 0, (*vfs.MemFS)(nil)
			for range 8 {
				publishers.Go(func() {
					for range 50 {
						if _, err := b.Publish(t.Context(), "topic", bus.Message{Data: []byte("x")}); err != nil {
							t.Errorf("publish: %v", err)
						}
						mu.Lock()
						if accepted++; accepted == 40+seed*40 {
							cut = fs.CrashClone(vfs.CrashCloneCfg{})
						}
						mu.Unlock()
					}
				})
			}
			publishers.Wait()
			atCut := 40 + seed*40
			_, after := open(t, "data", cut)
			// Numbers are dense: a message that is published next is given the
			// number after all that survived.
			id, err := after.Publish(t.Context(), "topic", bus.Message{})
			if err != nil {
				t.Fatal(err)
			}
			var last int
			if _, err := fmt.Sscan(id, &last); err != nil || last <= atCut {
				t.Errorf("%d messages were accepted before the cut, the next after it is number %s", atCut, id)
			}
			want := backlog(t, after, "sub")
			if want < 1 || want > last {
				t.Fatalf("backlog %d of %d after the cut", want, last)
			}
			got := make(chan string, 1024)
			stop := serve(t, after, sub, func(_ context.Context, m bus.Message) error { got <- m.ID; return nil })
			seen := map[string]bool{}
			for len(seen) < want {
				seen[<-got] = true
			}
			stop()
			if !seen[id] || backlog(t, after, "sub") != 0 {
				t.Errorf("after draining: last seen %t, backlog %d", seen[id], backlog(t, after, "sub"))
			}
			_, again := open(t, "data", cut.CrashClone(vfs.CrashCloneCfg{}))
			if n := backlog(t, again, "sub"); n != 0 {
				t.Errorf("%d acknowledged and synced messages came back", n)
			}
		})
	}
}

// A handler that takes the process with it is counted, and buried after
// MaxAttempts, although it never returned.
func TestMessageThatKillsTheProcess(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	sub := bus.Subscription{Name: "sub", Topic: "topic", MaxAttempts: 3, Workers: 1}
	for attempt := 1; attempt <= 3; attempt++ {
		_, b := open(t, "data", fs)
		if attempt == 1 {
			if err := b.Ensure(t.Context(), sub); err != nil {
				t.Fatal(err)
			}
			publish(t, b, 2)
		}
		reached, clone := make(chan int), make(chan *vfs.MemFS)
		serve(t, b, sub, func(_ context.Context, m bus.Message) error {
			select {
			case reached <- m.Attempt:
				clone <- fs.CrashClone(vfs.CrashCloneCfg{}) // the handler's last act
				return nil
			case <-t.Context().Done():
				return nil
			}
		})
		if got := <-reached; got != attempt {
			t.Fatalf("attempt %d after %d crashes", got, attempt-1)
		}
		fs = <-clone
	}
	_, b := open(t, "data", fs)
	got := make(chan string, 2)
	serve(t, b, sub, func(_ context.Context, m bus.Message) error { got <- m.ID; return nil })
	if id := <-got; id != "2" {
		t.Errorf("message %s was delivered, want the one behind the killer", id)
	}
	letters := make(chan bus.Message, 1)
	serve(t, b, bus.Subscription{Name: "sub.dead", Topic: "sub.dead"}, func(_ context.Context, m bus.Message) error {
		letters <- m
		return nil
	})
	if m := <-letters; string(m.Data) != "0" || m.Attributes[bus.AttrDeadAttempts] != "3" {
		t.Errorf("letter %q, attempts %s", m.Data, m.Attributes[bus.AttrDeadAttempts])
	}
}

// A dead letter and its acknowledgement are one: after a cut there is exactly
// one of letter and message, at every moment.
func TestDeadLetterIsAtomic(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	_, b := open(t, "data", fs)
	sub := bus.Subscription{Name: "sub", Topic: "topic", MaxAttempts: 1}
	letters := make(chan *vfs.MemFS, 64)
	serve(t, b, sub, func(context.Context, bus.Message) error {
		letters <- fs.CrashClone(vfs.CrashCloneCfg{})
		return errors.New("refused")
	})
	publish(t, b, 20)
	for range 20 {
		_, cut := open(t, "data", <-letters)
		accepted := 0
		id, err := cut.Publish(t.Context(), "topic", bus.Message{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(id, &accepted); err != nil {
			t.Fatal(err)
		}
		if waiting, dead := backlog(t, cut, "sub"), backlog(t, cut, "sub.dead"); waiting+dead != accepted {
			t.Errorf("%d wait and %d are dead of %d messages", waiting, dead, accepted)
		}
	}
}
