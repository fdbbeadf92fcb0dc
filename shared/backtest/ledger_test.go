package backtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestLimits replays ten events of two resources against limits.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		level, limits string
		every         time.Duration
		reject        bool
		runs, stopped int
	}{
		"none":                               {"L5", "", 0, false, 10, 0},
		"total":                              {"L5", ", limits: {total: 3/1h}", 0, false, 3, 7},
		"per resource":                       {"L5", ", limits: {per_resource: 2/1h}", 0, false, 4, 6},
		"both":                               {"L5", ", limits: {per_resource: 2/1h, total: 3/1h}", 0, false, 3, 7},
		"its time is over":                   {"L5", ", limits: {total: 3/1h}", 30 * time.Minute, false, 10, 0},
		"the window slides":                  {"L5", ", limits: {total: 3/1h}", 15 * time.Minute, false, 8, 2},
		"what is recorded is no run":         {"L1", ", limits: {total: 3/1h}", 0, false, 0, 0},
		"what was refused, but is automatic": {"L5", ", limits: {total: 3/1h}", 0, true, 3, 7},
		"what people refused is free":        {"L3", ", limits: {total: 3/1h}", 0, true, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			e := r.engine(label("p", "true", "a", c.level, c.limits))
			for n := range 10 {
				ev := r.issue(1+n%2, fmt.Sprint("title ", n))
				ev.Data = []byte(strings.Replace(string(ev.Data), "11:59:00", fmt.Sprintf("11:%02d:00", n), 1))
				ev.Digest += fmt.Sprint(n)
				d := r.decide(e, ev)
				if c.reject {
					r.change(d, func(x *execution.Execution) { x.State, x.Answer = execution.Rejected, "rejected by key:bob" })
				}
				r.clock.Advance(c.every)
			}
			p := of(r.run(e, nil), "p")
			if p.Now != 10 || p.Runs != c.runs || p.Stopped != c.stopped {
				t.Errorf("%d wanted, %d run, %d stopped; want 10, %d, %d", p.Now, p.Runs, p.Stopped, c.runs, c.stopped)
			}
		})
	}
}

// TestOpinions counts what people said to the same effect, whichever policy
// made it.
func TestOpinions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := r.engine(label("old", "true", "a", "L3", ""))
	for n, state := range []execution.State{execution.Succeeded, execution.Succeeded, execution.Rejected, execution.Expired, execution.Waiting} {
		d := r.decide(before, r.issue(n+1, "t"))
		r.change(d, func(x *execution.Execution) {
			x.State = state
			if state != execution.Waiting {
				x.Answer = "somebody or a timer"
			}
		})
	}
	p := of(r.run(r.engine(label("new", "true", "a", "L5", "")), nil), "new")
	if p.Runs != 5 || p.Agreed != 2 || p.Disagreed != 1 {
		t.Errorf("run %d, agreed %d, disagreed %d; want 5, 2, 1", p.Runs, p.Agreed, p.Disagreed)
	}
	p = of(r.run(r.engine(label("old", "true", "b", "L5", "")), nil), "old") // the same policy, another effect
	if p.Runs != 5 || p.Agreed != 2 || p.Disagreed != 1 {
		t.Errorf("another effect: run %d, agreed %d, disagreed %d; want 5, 2, 1", p.Runs, p.Agreed, p.Disagreed)
	}
}

// TestEffectsAreMadeOnce tells what was made before the time that is looked at,
// and what the replay itself would have made, from what was made within it.
func TestEffectsAreMadeOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := r.engine(label("p", "true", "a", "L5", ""))
	r.decide(e, r.issue(1, "first")) // the effect is the label on the issue as of its time
	middle := r.clock.Now()
	r.decide(e, r.issue(1, "second"))
	r.decide(e, r.issue(1, "third"))
	for name, c := range map[string]struct {
		since         time.Time
		runs, doubled int
	}{
		"all of it":     {start, 1, 2},
		"made before":   {middle, 0, 2},
		"nothing there": {r.clock.Now(), 0, 0},
	} {
		report := r.run(e, func(_ *backtest.Deps, q *backtest.Request) { q.Since = c.since })
		if p := of(report, "p"); p.Runs != c.runs || p.Doubled != c.doubled || !report.Same() {
			t.Errorf("%s: %d run, %d doubled, %d changed; want %d, %d, 0", name, p.Runs, p.Doubled, report.Changed, c.runs, c.doubled)
		}
	}
}

// TestTheReplayStandsInThePlaceOfWhatHappened: the effect of an event that no
// longer wants it is free for a later one, though it was made.
func TestTheReplayStandsInThePlaceOfWhatHappened(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := r.engine(label("p", "true", "a", "L5", ""))
	r.decide(before, r.issue(1, "first"))
	r.decide(before, r.issue(1, "second"))
	report := r.run(r.engine(label("p", `event.issue.title == "second"`, "a", "L5", "")), nil)
	want := backtest.PolicyReport{Policy: "p", Then: 2, Now: 1, Runs: 1, Changes: map[backtest.Kind]int{backtest.Gone: 1}}
	if diff := cmp.Diff(want, of(report, "p")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
