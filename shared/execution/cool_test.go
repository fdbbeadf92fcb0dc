package execution_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// After three effects in a row that did not work, a policy leaves the resource
// alone for an hour, then tries once.
func TestPolicyCoolsDown(t *testing.T) {
	t.Parallel()
	worked := true
	f := &fake{class: action.ClassC, verify: func() (action.Outcome, error) {
		if worked {
			return action.Worked, nil
		}
		return action.Failed, nil
	}}
	r := newRig(t, of(f), execution.CoolGate)
	n := 0
	run := func(change func(*execution.Execution)) execution.Execution {
		t.Helper()
		r.clock.Advance(time.Minute)
		n++
		x := ready(fmt.Sprint("x", n))
		x.Class, x.NotBefore = action.ClassC, r.clock.Now()
		if change != nil {
			change(&x)
		}
		r.put(t, x)
		if err := r.runner.Run(t.Context(), x.ID); err != nil {
			t.Fatal(err)
		}
		return r.get(t, x.ID)
	}
	want := func(what string, state execution.State, change func(*execution.Execution)) {
		t.Helper()
		if x := run(change); x.State != state {
			t.Errorf("%s: %s (%s), want %s", what, x.State, x.Reason, state)
		}
	}
	worked = false
	want("one", execution.Failed, nil)
	want("two", execution.Failed, nil)
	worked = true
	want("it works in between", execution.Succeeded, nil)
	worked = false
	want("one again", execution.Failed, nil)
	want("two again", execution.Failed, nil)
	want("three", execution.Failed, nil)
	x := run(nil)
	if x.State != execution.Blocked || !strings.Contains(x.Reason, "policy p cools down on octo/hello issue 12 until 2026-03-01T13:06:00Z") {
		t.Errorf("the fourth is %s (%s)", x.State, x.Reason)
	}
	worked = true
	want("another policy", execution.Succeeded, func(x *execution.Execution) { x.Policy = "q" })
	want("another resource", execution.Succeeded, func(x *execution.Execution) { x.Resource = "octo/hello issue 13" })
	worked = false
	want("a later step of what is begun", execution.Failed, func(x *execution.Execution) { x.Previous = "y" })
	r.clock.Advance(58 * time.Minute)
	want("a minute early", execution.Blocked, nil)
	want("an hour after", execution.Failed, nil)
	want("it failed again", execution.Blocked, nil)
	r.clock.Advance(time.Hour)
	worked = true
	want("it has learnt", execution.Succeeded, nil)
	want("and is let run", execution.Succeeded, nil)
}

// Outcomes of what never came to an effect, and of what was undone.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  fake
		want action.Outcome
	}{
		"worked":         {fake{class: action.ClassA}, action.Worked},
		"nothing to do":  {fake{class: action.ClassA, noop: true}, action.Worked},
		"was refused":    {fake{class: action.ClassA, plan: always(errGone)}, action.Failed},
		"in doubt":       {fake{class: action.ClassC, apply: always(errDown)}, action.Unknown},
		"not to be seen": {fake{class: action.ClassA, verify: func() (action.Outcome, error) { return "", fault.New(fault.Forbidden, "no") }}, action.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, of(&c.act))
			x := ready("x")
			x.Class = c.act.class
			r.put(t, x)
			r.drain(t, "x")
			if x := r.get(t, "x"); x.Outcome != c.want {
				t.Errorf("the outcome of what is %s is %q, want %q", x.State, x.Outcome, c.want)
			}
		})
	}
}

// settling is a fake whose effect needs time before it shows.
type settling struct{ *fake }

func (s settling) Spec() action.Spec {
	spec := s.fake.Spec()
	spec.Settle = 10 * time.Second
	return spec
}

// The effect is read back when it has settled, not before, by whoever is there.
func TestSettleBeforeReadingBack(t *testing.T) {
	t.Parallel()
	looks := 0
	f := &fake{class: action.ClassA, world: &world{}, verify: func() (action.Outcome, error) { looks++; return action.Worked, nil }}
	r := newRig(t, settling{f})
	r.put(t, ready("x"))
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	x := r.wantState(t, "x", execution.Verifying)
	at := start.Add(10 * time.Second)
	if looks != 0 || !x.NotBefore.Equal(at) || !r.tasks.last(t).At.Equal(at) {
		t.Errorf("%d looks, not before %s, task at %s; want none before %s", looks, x.NotBefore, r.tasks.last(t).At, at)
	}
	r.clock.Advance(9 * time.Second)
	if err := r.runner.Run(t.Context(), "x"); err != nil || looks != 0 {
		t.Errorf("a second early: %d looks, %v", looks, err)
	}
	r.clock.Advance(time.Second)
	r.runner.Owner = "worker-2"
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	r.wantState(t, "x", execution.Succeeded)
	if looks != 1 || f.world.effects != 1 {
		t.Errorf("%d looks at %d effects, want 1 at 1", looks, f.world.effects)
	}
}
