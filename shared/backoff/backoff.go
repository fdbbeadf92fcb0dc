// Package backoff says how long to wait before something that failed is tried
// again: twice as long each time, up to a bound. Who adds jitter, and how much,
// is the caller's concern; so is when to give up.
package backoff

import "time"

// Delay returns the wait after the given attempt (from 1) failed: least,
// doubled for each attempt before it, at most most.
func Delay(attempt int, least, most time.Duration) time.Duration {
	d := min(least, most)
	for i := 1; i < attempt && d < most; i++ {
		d = min(2*d, most)
	}
	return d
}
