package github

import (
	"time"

	"golang.org/x/time/rate"
)

// GitHub's secondary limits of one installation, as token buckets: what a full
// bucket holds and what a minute or an hour adds make the limit, so that it
// holds in any minute and any hour. A read costs one point, a write five.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
const (
	maxConcurrent = 100 // requests at a time

	pointsBurst, pointsPerMinute = 180, 720 // 900 points a minute
	minuteBurst, writesPerMinute = 20, 60   // 80 writes a minute
	hourBurst, writesPerHour     = 100, 400 // 500 writes an hour

	readPoints, writePoints = 1, 5
)

// budget is the part of an installation's limits that this instance keeps to:
// a refusal by GitHub costs everybody a minute. It is guarded by its gate.
type budget struct {
	concurrent           int
	inFlight             int
	points, minute, hour *bucket
}

// bucket is one limit. Who is refused is told a time of its own, so that they
// do not come back together: line is the first that nobody was told.
type bucket struct {
	*rate.Limiter
	line time.Time
}

// newBudget returns the part of each of instances; none for 0.
func newBudget(instances int) *budget {
	if instances == 0 {
		return nil
	}
	share := func(burst, n int, per time.Duration) *bucket {
		return &bucket{Limiter: rate.NewLimiter(rate.Limit(float64(n)/per.Seconds()/float64(instances)), burst/instances)}
	}
	return &budget{
		concurrent: max(maxConcurrent/instances, 1),
		points:     share(pointsBurst, pointsPerMinute, time.Minute),
		minute:     share(minuteBurst, writesPerMinute, time.Minute),
		hour:       share(hourBurst, writesPerHour, time.Hour),
	}
}

// cost is what a request takes of one bucket.
type cost struct {
	of *bucket
	n  int
}

func (b *budget) costs(write bool) []cost {
	if write {
		return []cost{{b.points, writePoints}, {b.minute, 1}, {b.hour, 1}}
	}
	return []cost{{b.points, readPoints}}
}

// take pays for a request, or returns how long to wait. Before closed, which is
// when GitHub takes requests again, there is nothing to be had.
func (b *budget) take(now, closed time.Time, write bool) (wait time.Duration) {
	if b.inFlight >= b.concurrent {
		return time.Second
	}
	var slowest cost
	if closed.After(now) { // who comes back will do the whole of its work, and write
		wait, slowest = closed.Sub(now), cost{b.minute, 1}
	}
	for _, c := range b.costs(write) {
		if d := c.of.lacks(now, c.n); d > wait {
			wait, slowest = d, c
		}
	}
	if wait > 0 {
		return slowest.of.queue(now, wait, slowest.n)
	}
	for _, c := range b.costs(write) {
		c.of.AllowN(now, c.n)
	}
	b.inFlight++
	return 0
}

// lacks returns how long it takes until n are there.
func (b *bucket) lacks(now time.Time, n int) time.Duration {
	short := float64(n) - b.TokensAt(now)
	if short <= 0 {
		return 0
	}
	return b.per(short) + time.Millisecond // what is computed is rounded
}

// queue returns the wait until a time that was told nobody else, at the
// earliest after wait.
func (b *bucket) queue(now time.Time, wait time.Duration, n int) time.Duration {
	at := now.Add(wait)
	if b.line.After(at) {
		at = b.line
	}
	b.line = at.Add(b.per(float64(n)))
	return at.Sub(now)
}

func (b *bucket) per(n float64) time.Duration {
	return time.Duration(n / float64(b.Limit()) * float64(time.Second))
}
