package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))

func fired(ch <-chan time.Time) (time.Time, bool) {
	select {
	case at := <-ch:
		return at, true
	default:
		return time.Time{}, false
	}
}

func TestVirtualStandsStillUntilAdvanced(t *testing.T) {
	t.Parallel()
	c := clock.NewVirtual(start)
	if now := c.Now(); !now.Equal(start) || now.Location() != time.UTC {
		t.Errorf("it shows %s, want %s in UTC", now, start)
	}
	if _, ok := c.Next(); ok {
		t.Error("somebody waits")
	}
	late, soon, at := c.After(3*time.Second), c.After(time.Second), c.After(0)
	if _, ok := fired(at); !ok {
		t.Error("a wait of nothing did not fire at once")
	}
	if next, ok := c.Next(); !ok || !next.Equal(start.Add(time.Second)) {
		t.Errorf("the next is at %s, %t", next, ok)
	}
	c.Advance(time.Second - 1)
	if _, ok := fired(soon); ok {
		t.Error("it fired early")
	}
	c.Advance(-time.Hour) // stepped back: nobody wakes, nobody is forgotten
	c.Advance(time.Hour + 1)
	if at, ok := fired(soon); !ok || !at.Equal(start.Add(time.Second)) {
		t.Errorf("it fired %t at %s", ok, at)
	}
	if _, ok := fired(late); ok {
		t.Error("the later fired with the sooner")
	}
	c.Advance(time.Hour)
	if at, ok := fired(late); !ok || !at.Equal(start.Add(3*time.Second)) {
		t.Errorf("it fired %t at %s, want its own time", ok, at)
	}
	if _, ok := c.Next(); ok {
		t.Error("who was woken still waits")
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	c := clock.NewVirtual(start)
	done := make(chan error, 1)
	go func() { done <- clock.Sleep(t.Context(), c, time.Minute) }()
	for _, ok := c.Next(); !ok; _, ok = c.Next() {
	}
	c.Advance(time.Minute)
	if err := <-done; err != nil {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := clock.Sleep(ctx, c, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestReal(t *testing.T) {
	t.Parallel()
	now := clock.Real{}.Now()
	if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
		t.Errorf("%s is not in UTC to the microsecond", now)
	}
	<-clock.Real{}.After(0)
}
