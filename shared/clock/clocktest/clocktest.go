// Package clocktest is the conformance suite of the clock port: what
// shared/clock promises, the machine's clock and the virtual one do.
package clocktest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Run checks c. pass lets d go by: it moves a virtual clock, and does nothing
// for one that moves by itself.
func Run(t *testing.T, c clock.Clock, pass func(d time.Duration)) {
	t.Helper()
	const short = 2 * time.Millisecond
	before := c.Now()
	if before.Location() != time.UTC || before.Nanosecond()%1000 != 0 {
		t.Errorf("Now is %s; want UTC, at most to the microsecond", before.Format(time.RFC3339Nano))
	}
	for _, d := range []time.Duration{0, -time.Hour} {
		select {
		case <-c.After(d):
		case <-t.Context().Done():
			t.Errorf("After(%s) did not fire at once", d)
		}
	}
	later, earlier := c.After(2*short), c.After(short)
	pass(short)
	at := <-earlier
	if at.Before(before.Add(short)) {
		t.Errorf("After(%s) fired %s after it was asked for", short, at.Sub(before))
	}
	pass(short)
	if at := <-later; at.Before(before.Add(2 * short)) {
		t.Errorf("After(%s) fired %s after it was asked for", 2*short, at.Sub(before))
	}
	if now := c.Now(); now.Before(before.Add(2 * short)) {
		t.Errorf("Now went from %s to %s while %s passed", before, now, 2*short)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := clock.Sleep(ended, c, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("Sleep under an ended context returned %v", err)
	}
}
