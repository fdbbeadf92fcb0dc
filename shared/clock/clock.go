// Package clock is the port through which every package reads the time and
// waits, so that tests and the simulation can move time by hand. It is not a
// scheduler: what must survive a crash is a task (shared/task).
package clock

import (
	"context"
	"time"
)

// Clock tells the time and wakes a waiter. Implementations are safe for
// concurrent use.
type Clock interface {
	// Now returns the current time in UTC, at most to the microsecond: what
	// Firestore keeps.
	Now() time.Time
	// After returns a channel that receives once, when d has passed. A d of
	// zero or less fires at once.
	After(d time.Duration) <-chan time.Time
}

// Real is the machine's own clock.
type Real struct{}

// Now implements Clock.
func (Real) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// After implements Clock.
func (Real) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Sleep waits for d on c, or until ctx ends, and returns ctx's error if it did.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.After(d):
		return nil
	}
}
