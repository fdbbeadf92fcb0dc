package execution_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

var errCrash = errors.New("crash")

// F2: a crash before and after every durable step, and around the effect. A
// first run takes four commits: claim, intent, applied, verified.
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	type crash struct {
		name string
		arm  func(*rig, *fake)
		// doubt says that a class C ends uncertain, since the crash is
		// between the intent and the record of the effect.
		doubt bool
	}
	once := func() func() error {
		crashed := false
		return func() error {
			if !crashed {
				crashed = true
				panic("crash")
			}
			return nil
		}
	}
	crashes := []crash{
		{"in the plan", func(_ *rig, f *fake) { f.plan = once() }, false},
		{"before the effect", func(_ *rig, f *fake) { f.apply = once() }, true},
		{"after the effect", func(_ *rig, f *fake) { f.applied = once() }, true},
		{"while it is read back", func(_ *rig, f *fake) {
			look := once()
			f.verify = func() (action.Outcome, error) { return action.Worked, look() }
		}, false},
		{"no crash", func(*rig, *fake) {}, false},
	}
	for n, step := range []string{"claim", "intent", "applied", "verified"} {
		at := map[int]error{n + 1: errCrash}
		crashes = append(crashes,
			crash{"before " + step, func(r *rig, _ *fake) { r.faults.reset(at, nil) }, step == "applied"},
			crash{"after " + step, func(r *rig, _ *fake) { r.faults.reset(nil, at) }, step == "intent"})
	}
	for _, class := range []action.Class{action.ClassA, action.ClassB, action.ClassC} {
		for _, c := range crashes {
			t.Run(fmt.Sprintf("%s %s", class, c.name), func(t *testing.T) {
				t.Parallel()
				f := &fake{class: class}
				r := newRig(t, of(f))
				x := ready("x")
				x.Class = class
				r.put(t, x)
				c.arm(r, f)
				r.drain(t, "x")
				want := execution.Succeeded
				if class == action.ClassC && c.doubt {
					want = execution.Uncertain
				}
				r.wantState(t, "x", want)
				if f.world.effects > 1 || (f.world.effects == 0 && want == execution.Succeeded) {
					t.Errorf("%d effects", f.world.effects)
				}
				if x := r.get(t, "x"); want == execution.Succeeded && (x.Plan == nil || len(x.Plan.Effects) == 0) {
					t.Errorf("the plan that was carried out is gone: %+v", x.Plan)
				}
				r.checkTrail(t, "x", f)
			})
		}
	}
}

// checkTrail checks that the audit records are a chain without a gap, and that
// no effect has no intent before it.
func (r *rig) checkTrail(t *testing.T, id string, f *fake) {
	t.Helper()
	state, intended := string(execution.Ready), false
	pending := r.records(t, id)
	for len(pending) > 0 { // records of one instant have no order among them
		next := -1
		for i, rec := range pending {
			if rec.From == state && (next < 0 || rec.To == state) { // what stays comes before what moves
				next = i
			}
		}
		if next < 0 {
			t.Fatalf("no record goes on from %s: %+v", state, pending)
		}
		intended = intended || pending[next].Verb == "execution.intended"
		state = pending[next].To
		pending = append(pending[:next:next], pending[next+1:]...)
	}
	if state != string(r.get(t, id).State) {
		t.Errorf("the records end in %s, the execution in %s", state, r.get(t, id).State)
	}
	if f.world.applies > 0 && !intended {
		t.Error("an effect was tried without a recorded intent")
	}
}

// The intent is durable when the effect begins.
func TestIntentIsRecordedBeforeTheEffect(t *testing.T) {
	t.Parallel()
	var r *rig
	f := &fake{class: action.ClassA}
	f.apply = func() error {
		if x := r.get(t, "x"); x.Intent != x.Attempt || x.Plan == nil || x.PlanHash == "" {
			t.Errorf("the effect begins while the record says intent %d of attempt %d", x.Intent, x.Attempt)
		}
		return nil
	}
	r = newRig(t, of(f))
	r.put(t, ready("x"))
	if err := r.runner.Run(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	r.wantState(t, "x", execution.Succeeded)
}
