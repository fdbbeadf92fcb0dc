package execution_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

var (
	errDown    = fault.New(fault.Unavailable, "GitHub is down")
	errBug     = errors.New("a defect")
	errRate    = &fault.Error{Kind: fault.Exhausted, Message: "slow down", RetryAfter: 90 * time.Second}
	errStale   = fault.New(fault.Conflict, "the head moved")
	errGone    = fault.New(fault.NotFound, "the issue is gone")
	errRefused = fault.New(fault.Forbidden, "the permission is missing")
)

func always(err error) func() error { return func() error { return err } }

func TestRunEndsAsTheActionSays(t *testing.T) {
	t.Parallel()
	worked := func(o action.Outcome, err error) func() (action.Outcome, error) {
		return func() (action.Outcome, error) { return o, err }
	}
	for name, c := range map[string]struct {
		act     fake
		dry     bool
		want    execution.State
		effects int
		reason  string
	}{
		"success":                       {act: fake{class: action.ClassA}, want: execution.Succeeded, effects: 1},
		"nothing to do":                 {act: fake{class: action.ClassC, noop: true}, want: execution.Succeeded, reason: "the resource is already as wanted; nothing was changed"},
		"dry run":                       {act: fake{class: action.ClassA}, dry: true, want: execution.Blocked, reason: "dry run: installation 7 is not live; the plan says what would be done"},
		"plan: gone":                    {act: fake{class: action.ClassA, plan: always(errGone)}, want: execution.Failed, reason: "the issue is gone"},
		"plan: forbidden":               {act: fake{class: action.ClassA, plan: always(errRefused)}, want: execution.Failed, reason: "the permission is missing"},
		"plan: down":                    {act: fake{class: action.ClassA, plan: always(errDown)}, want: execution.Ready, reason: "GitHub is down"},
		"apply: gone":                   {act: fake{class: action.ClassA, apply: always(errGone)}, want: execution.Failed, reason: "the issue is gone"},
		"apply: stale":                  {act: fake{class: action.ClassA, apply: always(errStale)}, want: execution.Ready, reason: "the head moved"},
		"apply: down":                   {act: fake{class: action.ClassB, apply: always(errDown)}, want: execution.Ready, reason: "GitHub is down"},
		"class C, apply: down":          {act: fake{class: action.ClassC, apply: always(errDown)}, want: execution.Uncertain},
		"class C, apply: a defect":      {act: fake{class: action.ClassC, apply: always(errBug)}, want: execution.Uncertain},
		"class C, apply: limited":       {act: fake{class: action.ClassC, apply: always(errRate)}, want: execution.Ready, reason: "slow down"},
		"class C, apply: refused":       {act: fake{class: action.ClassC, apply: always(errRefused)}, want: execution.Failed},
		"verify: did not":               {act: fake{class: action.ClassA, verify: worked(action.Failed, nil)}, want: execution.Failed, effects: 1},
		"verify: unknown":               {act: fake{class: action.ClassA, verify: worked(action.Unknown, nil)}, want: execution.Uncertain, effects: 1},
		"verify: gone":                  {act: fake{class: action.ClassA, verify: worked("", errGone)}, want: execution.Uncertain, effects: 1},
		"verify: down":                  {act: fake{class: action.ClassA, verify: worked("", errDown)}, want: execution.Verifying, effects: 1},
		"a cause is not told to people": {act: fake{class: action.ClassA, plan: always(fault.Wrap(fault.Invalid, errBug, "bad request"))}, want: execution.Failed, reason: "bad request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			act := of(&c.act)
			r := newRig(t, act)
			r.runner.Live = func(int64) bool { return !c.dry }
			x := ready("x")
			x.Class = c.act.class
			r.put(t, x)
			if err := r.runner.Run(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
			x = r.wantState(t, "x", c.want)
			if c.act.world.effects != c.effects {
				t.Errorf("%d effects, want %d", c.act.world.effects, c.effects)
			}
			if c.reason != "" && x.Reason != c.reason {
				t.Errorf("the reason is %q, want %q", x.Reason, c.reason)
			}
			if c.dry && (c.act.world.applies != 0 || x.Plan == nil) {
				t.Errorf("a dry run applied %d times and left the plan %v", c.act.world.applies, x.Plan)
			}
		})
	}
}

func TestRunWaitsAndTriesAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class    action.Class
		err      error
		min, max time.Duration
	}{
		"a time that the target names": {action.ClassA, errRate, 90 * time.Second, 90 * time.Second},
		"the first back-off":           {action.ClassA, errDown, time.Second, 1500 * time.Millisecond},
		"a late effect may yet come":   {action.ClassB, errDown, 16 * time.Second, 16500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{class: c.class, apply: always(c.err)}
			r := newRig(t, of(f))
			x := ready("x")
			x.Class = c.class
			r.put(t, x)
			if err := r.runner.Run(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
			x = r.wantState(t, "x", execution.Ready)
			if wait := x.NotBefore.Sub(start); wait < c.min || wait > c.max {
				t.Errorf("waits %s, want %s to %s", wait, c.min, c.max)
			}
			queued := r.tasks.last(t)
			if late := queued.At.Sub(x.NotBefore); late < 0 || late >= time.Millisecond {
				t.Errorf("the task is for %s, want %s", queued.At, x.NotBefore)
			}
			r.clock.Advance(c.min - time.Millisecond)
			if err := r.runner.Run(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
			if f.world.applies != 1 {
				t.Error("it ran before its time")
			}
			f.apply = nil
			r.clock.Advance(time.Minute)
			if err := r.runner.Run(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
			r.wantState(t, "x", execution.Succeeded)
		})
	}
}

func TestBackoffHasJitter(t *testing.T) {
	t.Parallel()
	r := newRig(t, of(&fake{class: action.ClassA, plan: always(errDown)}))
	waits := map[time.Time]bool{}
	for i := range 20 {
		id := fmt.Sprint("x", i)
		r.put(t, ready(id))
		if err := r.runner.Run(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		waits[r.get(t, id).NotBefore] = true
	}
	if len(waits) < 10 {
		t.Errorf("20 failures together come back at %d times only", len(waits))
	}
}
