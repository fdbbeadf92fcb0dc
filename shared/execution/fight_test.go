package execution_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// toggle puts a switch on or off, as its arguments say.
type toggle struct{ stage *stage }

func (toggle) Spec() action.Spec {
	return action.Spec{Name: "s.toggle", Kind: "issue", Class: action.ClassA}
}
func (toggle) Key(action.Target, []byte) (string, error) { return "", nil }

func (a toggle) effect(to string) []action.Effect {
	now := map[bool]string{true: "on", false: "off"}[a.stage.on["12"]]
	if now == to {
		return nil
	}
	return []action.Effect{{Verb: "put", Field: "switch", Before: now, After: to}}
}

// intend goes with x as far as the intent and makes the effect if it may.
func (r *sagaRig) intend(t *testing.T, policy, to string) (execution.Execution, bool) {
	t.Helper()
	r.clock.Advance(10 * time.Second)
	x := ready(fmt.Sprint("x", r.clock.Now().Unix()))
	x.Policy, x.NotBefore = policy, r.clock.Now()
	r.put(t, x)
	x, err := r.machine.Claim(t.Context(), x.ID, "w")
	if err != nil {
		t.Fatal(err)
	}
	if x.State != execution.Running {
		return x, false
	}
	if x, err = r.machine.Intend(t.Context(), x, action.Plan{Effects: toggle{r.stage}.effect(to)}); err != nil {
		t.Fatal(err)
	}
	if x.State != execution.Running {
		return x, false
	}
	r.stage.on["12"] = to == "on"
	return x, true
}

func (r *sagaRig) frozen(t *testing.T, policy string) bool {
	t.Helper()
	_, frozen, err := control.Frozen(t.Context(), r.store, control.Policy(policy))
	if err != nil {
		t.Fatal(err)
	}
	return frozen
}

// F17: two policies with opposite goals flip a field at most three times in ten
// minutes; then both are frozen, and one person is called once.
func TestF17TwoPoliciesFight(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	made, blocked := 0, 0
	for i := range 40 { // within ten minutes
		policy, to := "keeps-on", "on"
		if i%2 == 1 {
			policy, to = "keeps-off", "off"
		}
		x, ok := r.intend(t, policy, to)
		if ok {
			made++
			continue
		}
		blocked++
		if x.State != execution.Blocked || x.Reason == "" {
			t.Errorf("the %dth is %s (%s)", i, x.State, x.Reason)
		}
	}
	if made != 4 || blocked != 36 { // one change and three that flip it
		t.Errorf("%d were made, %d blocked; want 4 and 36", made, blocked)
	}
	for _, policy := range []string{"keeps-on", "keeps-off"} {
		if !r.frozen(t, policy) {
			t.Errorf("policy %s is not frozen", policy)
		}
	}
	if pages := r.pages(t, "fight"); len(pages) != 1 || pages[0].Count != 1 || !strings.Contains(pages[0].Summary, "keeps-off and keeps-on") {
		t.Errorf("pages %+v, want one", pages)
	}
	if x, ok := r.intend(t, "third", "off"); ok != (x.State == execution.Running) || r.frozen(t, "third") {
		t.Errorf("a third policy is %s (%s)", x.State, x.Reason)
	}
}

// What is no fight: one policy by itself, policies that agree, and flips that
// are few or far between.
func TestNoFight(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sagaRig, int) (policy, to string){
		"one policy": func(_ *sagaRig, i int) (string, string) { return "p", []string{"on", "off"}[i%2] },
		"slowly": func(r *sagaRig, i int) (string, string) {
			r.clock.Advance(4 * time.Minute)
			return []string{"p", "q"}[i%2], []string{"on", "off"}[i%2]
		},
		"onwards": func(_ *sagaRig, i int) (string, string) { return []string{"p", "q"}[i%2], fmt.Sprint(i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newSagaRig(t)
			for i := range 12 {
				policy, to := change(r, i)
				if x, ok := r.intend(t, policy, to); !ok {
					t.Fatalf("the %dth is %s (%s)", i, x.State, x.Reason)
				}
			}
			if len(r.pages(t, "fight")) != 0 || r.frozen(t, "p") || r.frozen(t, "q") {
				t.Error("it was taken for a fight")
			}
		})
	}
}

// An intent that is recorded again, since its worker died, is one change; and a
// refused intent changes nothing of the field.
func TestAnIntentCountsOnce(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	for i := range 4 {
		if _, ok := r.intend(t, []string{"p", "q"}[i%2], []string{"on", "off"}[i%2]); !ok {
			t.Fatal("too few flips make a fight")
		}
	}
	fields, _, err := store.List[execution.Field](t.Context(), r.store, store.Query{Collection: execution.Fields})
	if err != nil || len(fields) != 1 || len(fields[0].Changes) != 4 {
		t.Fatalf("fields %+v, %v", fields, err)
	}
	x := r.get(t, fields[0].Changes[3].Execution)
	for range 5 {
		if x, err = r.machine.Intend(t.Context(), x, action.Plan{Effects: toggle{r.stage}.effect("on")}); err != nil || x.State != execution.Running {
			t.Fatalf("the same intent again: %s (%s), %v", x.State, x.Reason, err)
		}
	}
	r.intend(t, "p", "on") // one too many
	again, _, err := store.List[execution.Field](t.Context(), r.store, store.Query{Collection: execution.Fields})
	if err != nil || len(again[0].Changes) != 4 || !r.frozen(t, "p") {
		t.Errorf("fields %+v, %v", again, err)
	}
}

// The freeze of a fight is made with the refusal, or not at all; and one that a
// person has set stays.
func TestFightIsOneTransaction(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t)
	if _, err := (control.Controls{Store: r.store, Clock: r.clock}).Set(t.Context(), control.Policy("q"), "github:ann", "mine"); err != nil {
		t.Fatal(err)
	}
	bare := execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Brakes: control.Brakes{}})
	r.machine = bare // without a gate, so that q's are claimed nevertheless
	for i := range 4 {
		r.intend(t, []string{"p", "q"}[i%2], []string{"on", "off"}[i%2])
	}
	x := ready("last")
	x.NotBefore = r.clock.Now()
	r.put(t, x)
	x, err := bare.Claim(t.Context(), "last", "w")
	if err != nil {
		t.Fatal(err)
	}
	r.faults.reset(map[int]error{1: errCrash}, nil)
	plan := action.Plan{Effects: toggle{r.stage}.effect("on")}
	if _, err := bare.Intend(t.Context(), x, plan); err == nil || r.frozen(t, "p") || len(r.pages(t, "fight")) != 0 {
		t.Fatalf("a commit that failed left something: %v", err)
	}
	if x, err = bare.Intend(t.Context(), x, plan); err != nil || x.State != execution.Blocked || !r.frozen(t, "p") || len(r.pages(t, "fight")) != 1 {
		t.Errorf("it is %s, p frozen %t, %v", x.State, r.frozen(t, "p"), err)
	}
	f, _, err := control.Frozen(t.Context(), r.store, control.Policy("q"))
	if err != nil || f.By != "github:ann" {
		t.Errorf("the person's freeze is now %+v, %v", f, err)
	}
}
