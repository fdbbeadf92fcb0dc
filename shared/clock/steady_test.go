package clock_test

import (
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// TestSteadyNeverGoesBack: what is told each second, and how the machine's clock
// is set besides.
func TestSteadyNeverGoesBack(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	wall, passed := start, time.Duration(0)
	s := clock.SteadyOf(func() time.Time { return wall }, func() time.Duration { return passed })
	for i, c := range []struct{ set, want time.Duration }{
		{0, time.Second},
		{-10 * time.Minute, 2 * time.Second}, // set back: the time that passes counts
		{0, 3 * time.Second},
		{20 * time.Minute, 10*time.Minute + 4*time.Second}, // set ahead: as the machine's
		{-5 * time.Minute, 10*time.Minute + 5*time.Second},
		{5*time.Minute + 300*time.Nanosecond, 10*time.Minute + 6*time.Second}, // whole microseconds
	} {
		wall, passed = wall.Add(time.Second+c.set), passed+time.Second
		if got := s.Now().Sub(start); got != c.want {
			t.Errorf("after %d s it is %s later, want %s", i+1, got, c.want)
		}
	}
	own := clock.NewSteady().Now()
	if d := time.Since(own); d < 0 || d > time.Minute || own.Location() != time.UTC {
		t.Errorf("it is %s off, in %s", d, own.Location())
	}
}
