package clock

import (
	"sync"
	"time"
)

// Steady tells the time of the machine's clock, but never goes back: when that
// is set back, it goes on from where it was, by the time that passes. It is for
// what measures lengths of time, as a database's own time; not for telling the
// time to others, since it may stay ahead until the process ends.
type Steady struct {
	wall   func() time.Time     // what the machine's clock shows
	passed func() time.Duration // since some moment; never set

	mu   sync.Mutex
	told time.Time
	at   time.Duration // passed, when it was told
}

// NewSteady returns a steady clock.
func NewSteady() *Steady {
	start := time.Now() // with a monotonic reading, which Since goes by
	return SteadyOf(Real{}.Now, func() time.Duration { return time.Since(start) })
}

// SteadyOf returns a steady clock of a clock that may be set, and of the time
// that has passed.
func SteadyOf(wall func() time.Time, passed func() time.Duration) *Steady {
	return &Steady{wall: wall, passed: passed}
}

// Now returns the time as Clock's Now does.
func (s *Steady) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	wall, passed := s.wall(), s.passed()
	s.told, s.at = s.told.Add(passed-s.at), passed
	if wall.After(s.told) {
		s.told = wall
	}
	return s.told.Truncate(time.Microsecond)
}
