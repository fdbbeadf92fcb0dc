package clock

import (
	"sort"
	"sync"
	"time"
)

// Virtual is a clock that stands still until Advance moves it. The zero value
// is not usable; call NewVirtual.
type Virtual struct {
	mu      sync.Mutex
	now     time.Time
	waiters []waiter
}

type waiter struct {
	at time.Time
	ch chan time.Time
}

// NewVirtual returns a virtual clock that shows start.
func NewVirtual(start time.Time) *Virtual { return &Virtual{now: start.UTC()} }

// Now implements Clock.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// After implements Clock.
func (v *Virtual) After(d time.Duration) <-chan time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- v.now
		return ch
	}
	v.waiters = append(v.waiters, waiter{at: v.now.Add(d), ch: ch})
	sort.SliceStable(v.waiters, func(i, j int) bool { return v.waiters[i].at.Before(v.waiters[j].at) })
	return ch
}

// Advance moves the clock by d and wakes, in order of their deadlines, all
// waiters that are due. A negative d steps the clock back and wakes nobody.
func (v *Virtual) Advance(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = v.now.Add(d)
	due := 0
	for due < len(v.waiters) && !v.waiters[due].at.After(v.now) {
		v.waiters[due].ch <- v.waiters[due].at
		due++
	}
	v.waiters = append([]waiter(nil), v.waiters[due:]...)
}

// Next returns when the earliest waiter is due; false if nobody waits.
func (v *Virtual) Next() (time.Time, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.waiters) == 0 {
		return time.Time{}, false
	}
	return v.waiters[0].at, true
}
