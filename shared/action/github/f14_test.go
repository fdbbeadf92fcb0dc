package github_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// refused returns how many requests GitHub refused because of a limit, and how
// many left during a Retry-After that an answer before had asked for.
func (b *bubble) refused(t *testing.T) (refusals, during int) {
	t.Helper()
	calls := b.sent()
	var until time.Time // of the last that was told
	for i, r := range calls {
		if r.status != http.StatusForbidden && r.status != http.StatusTooManyRequests {
			continue
		}
		refusals++
		end := r.back.Add(r.wait - time.Millisecond) // clocks are rounded
		for _, later := range calls[i+1:] {
			if later.at.After(r.back) && later.at.After(until) && later.at.Before(end) && !later.apps() {
				during++
			}
		}
		until = end
	}
	return refusals, during
}

// comments adds n executions that each write a comment.
func (b *bubble) comments(t *testing.T, n int) {
	t.Helper()
	b.happen(t, "issues.opened")
	b.begun = len(b.Effects())
	for i := range n {
		b.add(t, b.wanted(t, "github.issue.comment", issue(b.hub), fmt.Sprintf(`{"body":"comment %d"}`, i)))
	}
}

// Within GitHub's limits, whoever uses them up: all is done in the end, once,
// and nothing leaves during a Retry-After.
func TestF14Budgets(t *testing.T) {
	t.Parallel()
	key() // takes its time, which is not of the bubble
	for name, c := range map[string]struct {
		limits   fake.Limits
		most     int           // refusals
		duration time.Duration // at most
	}{
		"GitHub's limits":       {fake.RealLimits(), 0, 2 * time.Hour},
		"others use most of it": {fake.Limits{Hourly: 2000, Concurrent: 20, PointsPerMinute: 300, WritesPerMinute: 30, WritesPerHour: 300}, 200, 8 * time.Hour},
		"its primary limit":     {fake.Limits{Hourly: 500}, 50, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 200
				b := newBubble(t, c.limits, 50)
				b.share(t, 1)
				b.latency(14, time.Second)
				b.comments(t, n)
				began := time.Now()
				b.tasks.Wait()
				refusals, during := b.refused(t)
				calls := len(b.sent())
				t.Logf("%d calls for %d comments in %s, %d refused", calls, n, time.Since(began), refusals)
				if during > 0 {
					t.Errorf("%d calls during a Retry-After", during)
				}
				if refusals > c.most {
					t.Errorf("GitHub refused %d calls, want %d at most", refusals, c.most)
				}
				if counts := b.states(t); counts[execution.Succeeded] != n {
					t.Errorf("in the end: %v", counts)
				}
				if made := len(b.Effects()) - b.begun; made != n || b.doubled() != nil {
					t.Errorf("%d comments, want %d; made twice: %v", made, n, b.doubled())
				}
				if took := time.Since(began); took > c.duration {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// While GitHub is down, what is tried again keeps to the budget too, and ends.
func TestF14StormWhileGitHubIsDown(t *testing.T) {
	t.Parallel()
	key()
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		b := newBubble(t, fake.RealLimits(), 500)
		b.share(t, 1)
		b.down = true
		b.comments(t, n)
		began := len(b.sent())
		b.tasks.Wait()
		counts := b.states(t)
		calls := b.sent()[began:]
		if most := most(calls, time.Minute); most > 900 {
			t.Errorf("%d calls within a minute", most)
		}
		t.Logf("%d calls, %d a minute at most, %v", len(calls), most(calls, time.Minute), counts)
		if counts[execution.Failed] != n || len(calls) > n*execution.MaxAttempts {
			t.Errorf("%d calls led to %v", len(calls), counts)
		}
	})
}

// most is the most requests within any length of time.
func most(calls []request, within time.Duration) int {
	n, from := 0, 0
	for i := range calls {
		for calls[i].at.Sub(calls[from].at) >= within {
			from++
		}
		n = max(n, i-from+1)
	}
	return n
}

// Several instances that share the limits keep to them together.
func TestF14InstancesShare(t *testing.T) {
	t.Parallel()
	key()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, fake.RealLimits(), 50)
		const instances, n = 4, 200
		b.share(t, instances)
		b.comments(t, n)
		b.tasks.Wait()
		if refusals, _ := b.refused(t); refusals != 0 {
			t.Errorf("GitHub refused %d calls", refusals)
		}
		if counts := b.states(t); counts[execution.Succeeded] != n {
			t.Errorf("in the end: %v", counts)
		}
	})
}
