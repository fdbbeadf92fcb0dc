package github_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

// A burst is served, and the others are each told a time of their own, at
// which there is room for them. What was told to wait did not leave.
func TestBudgetSpreadsWhoMustWait(t *testing.T) {
	t.Parallel()
	s := &server{api: ok}
	c := s.startAs(t, func(cfg *github.Config) { cfg.Instances = 1 })
	var waits []time.Duration
	for range 50 {
		err := label(t, c, scope)
		if err == nil {
			continue
		}
		_, wait := fault.Public(err)
		if !fault.Is(err, fault.Exhausted) || !errors.Is(err, permit.ErrStopped) {
			t.Fatal(err)
		}
		waits = append(waits, wait)
	}
	if n := s.calls.Load(); n != 20 || len(waits) != 30 {
		t.Fatalf("%d of 50 writes left at once, %d wait; want 20 and 30", n, len(waits))
	}
	now := s.clock.Now()
	for i, wait := range waits {
		if want := time.Duration(i+1) * time.Second; wait < want || wait > want+10*time.Millisecond {
			t.Errorf("wait %d is %s, want %s", i, wait, want)
		}
		s.clock.Advance(now.Add(wait).Sub(s.clock.Now()))
		if err := label(t, c, scope); err != nil {
			t.Errorf("at its time %d: %v", i, err)
		}
	}
}

// Several instances take a part each, and one that says 0 keeps to no limit.
func TestBudgetIsShared(t *testing.T) {
	t.Parallel()
	for instances, want := range map[int]int64{0: 100, 1: 20, 4: 5, 20: 1} {
		s := &server{api: ok}
		c := s.startAs(t, func(cfg *github.Config) { cfg.Instances = instances })
		for range 100 {
			_ = label(t, c, scope)
		}
		if n := s.calls.Load(); n != want {
			t.Errorf("of %d instances each sends %d writes at once, want %d", instances, n, want)
		}
	}
}

// A request that is under way counts until it is answered.
func TestBudgetOfConcurrentRequests(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}, 100), make(chan struct{})
	s := &server{api: func(w http.ResponseWriter, r *http.Request) {
		inside <- struct{}{}
		<-leave
		ok(w, r)
	}}
	c := s.startAs(t, func(cfg *github.Config) { cfg.Instances = 20 }) // 5 at a time
	client, err := c.Client(scope)
	if err != nil {
		t.Fatal(err)
	}
	get := func() error {
		_, _, err := client.Issues.ListLabels(t.Context(), "o", "r", nil)
		return github.Fault(err, "list labels")
	}
	done := make(chan error)
	for range 5 {
		go func() { done <- get() }()
		<-inside
	}
	if err := get(); !errors.Is(err, permit.ErrStopped) {
		t.Errorf("the sixth: %v", err)
	}
	close(leave)
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := get(); err != nil {
		t.Errorf("after them: %v", err)
	}
}
