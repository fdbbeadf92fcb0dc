package decision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// steps is a policy on opened issues that does these in order: "undoable:a" is
// fake.undoable with text a.
func steps(name, level string, do ...string) string {
	var list []string
	for _, d := range do {
		action, text, _ := strings.Cut(d, ":")
		list = append(list, fmt.Sprintf("{action: fake.%s, with: {text: %q}}", action, text))
	}
	return fmt.Sprintf("  - {name: %s, on: com.github.issues.opened, do: [%s], capability: error-recovery, autonomy: %s, limits: {per_resource: 1/1h}}\n", name, strings.Join(list, ", "), level)
}

func (r *rig) workflow(t *testing.T, id string) execution.Workflow {
	t.Helper()
	w, err := store.Get[execution.Workflow](t.Context(), r.store, store.Key{Collection: execution.Workflows, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The steps of a policy are one workflow; its first step has the category of
// the strictest, the others follow.
func TestStepsMakeAWorkflow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		level    string
		last     string
		category execution.Category
		first    execution.State
		state    execution.WorkflowState
		tasks    int
	}{
		{"L1", "undoable:c", execution.Record, execution.Planned, execution.WorkflowPlanned, 0},
		{"L3", "undoable:c", execution.Manual, execution.Waiting, execution.WorkflowRunning, 1},
		{"L4", "undoable:c", execution.Automatic, execution.Ready, execution.WorkflowRunning, 1},
		{"L4", "final:c", execution.Alert, execution.Waiting, execution.WorkflowRunning, 1},
		{"L5", "final:c", execution.Automatic, execution.Ready, execution.WorkflowRunning, 1},
	} {
		t.Run(c.level+" "+c.last, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, steps("p", c.level, "undoable:a", "undoable:b", c.last))
			d := r.decide(t, opened("1"))
			p := d.Proposals[0]
			if p.Category != string(c.category) || len(p.Steps) != 3 || p.ExecutionID != p.Steps[0].ExecutionID || p.Action != "fake.undoable" {
				t.Fatalf("proposal %+v", p)
			}
			w := r.workflow(t, p.WorkflowID)
			if w.State != c.state || w.Policy != "p" || w.DecisionID != d.ID || len(w.Steps) != 3 || (w.FinishedAt != nil) != w.State.Ended() {
				t.Errorf("workflow %+v", w)
			}
			for i, s := range p.Steps {
				x := r.execution(t, s.ExecutionID)
				want := execution.Planned
				if i == 0 {
					want = c.first
				}
				if x.State != want || x.Step != i+1 || x.WorkflowID != w.ID || len(x.Following) != 2-i || x.Category != c.category ||
					(x.Previous == "") != (i == 0) || (x.FinishedAt != nil) != (c.category == execution.Record) ||
					x.Reversible != strings.HasPrefix(x.Action, "fake.undoable") {
					t.Errorf("step %d: %+v", i+1, x)
				}
				if i > 0 && x.Deadline != nil {
					t.Errorf("step %d has a deadline of its own", i+1)
				}
			}
			if len(r.queue.tasks) != c.tasks {
				t.Errorf("%d tasks, want %d", len(r.queue.tasks), c.tasks)
			}
			r.wantCounts(t, 1, 1, 3, 5) // decision, workflow and its steps
		})
	}
}

// What an approval of the first step is bound to changes with the later steps.
func TestApprovalCoversTheWhole(t *testing.T) {
	t.Parallel()
	hash := func(do ...string) string {
		r := newRig(t, steps("p", "L3", do...))
		x := r.execution(t, r.decide(t, opened("1")).Proposals[0].ExecutionID)
		h, err := execution.PlanHash(x, planOf("on"))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	whole := hash("undoable:a", "undoable:b")
	for name, other := range map[string]string{
		"other arguments": hash("undoable:a", "undoable:c"), "other action": hash("undoable:a", "final:b"),
		"one more": hash("undoable:a", "undoable:b", "undoable:c"), "none": hash("undoable:a"),
	} {
		if other == whole {
			t.Errorf("%s: the same hash", name)
		}
	}
	if again := hash("undoable:a", "undoable:b"); again != whole {
		t.Error("the same steps have another hash")
	}
}

// Of two policies that want the same effect the one that does more has it, if
// it was granted as much; the loser does none of its steps.
func TestStepsThatTwoPoliciesWant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, winner string }{
		"the one that does more":     {one("p", `{action: fake.undoable, with: {text: b}}`, "L5", ""), steps("q", "L5", "undoable:a", "undoable:b"), "q"},
		"also if it is first":        {steps("p", "L5", "undoable:a", "undoable:b"), one("q", `{action: fake.undoable, with: {text: b}}`, "L5", ""), "p"},
		"the one granted more":       {steps("p", "L3", "undoable:a", "undoable:b"), one("q", `{action: fake.undoable, with: {text: b}}`, "L5", ""), "q"},
		"the first of two alike":     {steps("p", "L5", "undoable:a", "undoable:b"), steps("q", "L5", "undoable:b", "undoable:c"), "p"},
		"it beats both or does none": {one("p", `{action: fake.undoable, with: {text: a}}`, "L5", ""), steps("q", "L3", "undoable:a", "undoable:b"), "p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.first+c.second)
			d := r.decide(t, opened("1"))
			executions, workflows := 0, 0
			for _, p := range d.Proposals {
				if p.Policy != c.winner {
					if p.Note != "policy "+c.winner+" of this decision wants the same effect" || p.WorkflowID != "" {
						t.Errorf("the loser: %+v", p)
					}
					continue
				}
				for _, id := range p.Executions() {
					executions++
					if x := r.execution(t, id); x.Policy != c.winner || x.WorkflowID != p.WorkflowID {
						t.Errorf("the effect is of policy %s, workflow %q", x.Policy, x.WorkflowID)
					}
				}
				if p.WorkflowID != "" {
					workflows++
				}
			}
			if r.count(t, execution.Collection) != executions || r.count(t, execution.Workflows) != workflows || len(r.queue.tasks) != 1 {
				t.Errorf("%d executions, %d workflows, %d tasks; want %d, %d, 1",
					r.count(t, execution.Collection), r.count(t, execution.Workflows), len(r.queue.tasks), executions, workflows)
			}
		})
	}
}

// A step whose effect stands is not made again, nor undone later; one that was
// wanted and does not stand keeps the whole from being done.
func TestStepsThatWereWantedBefore(t *testing.T) {
	t.Parallel()
	for state, made := range map[execution.State]bool{
		execution.Succeeded: true, execution.Running: false, execution.Failed: false, execution.Reverted: false, execution.Waiting: false,
	} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, `  - {name: before, on: com.github.issues.opened, when: event.issue.body == null, do: {action: fake.undoable, with: {text: a}}, capability: error-recovery, autonomy: L5}`+"\n"+
				strings.Replace(steps("whole", "L5", "undoable:a", "undoable:b"), "do:", `when: event.issue.body == "x", do:`, 1))
			first := r.decide(t, opened("1"))
			x := r.execution(t, first.Proposals[0].ExecutionID)
			x.State = state
			r.put(t, execution.Collection, x.ID, x)
			d := r.decide(t, issue("2", "12", `,"body":"x"`))
			p := d.Proposals[0]
			if !made {
				if p.WorkflowID != "" || p.Note != fmt.Sprintf("step 1: decision %s wanted the same effect before; it is %s", first.ID, state) || r.count(t, execution.Workflows) != 0 {
					t.Errorf("proposal %+v", p)
				}
				return
			}
			w := r.workflow(t, p.WorkflowID)
			second := r.execution(t, p.Steps[1].ExecutionID)
			if second.State != execution.Ready || second.Previous != "" || second.Step != 2 || p.ExecutionID != second.ID || w.Active() != second.ID {
				t.Errorf("step 2: %+v; active %s", second, w.Active())
			}
			if w.Steps[0].MadeBy != first.ID || w.Steps[0].Execution != x.ID || r.execution(t, x.ID).WorkflowID != "" || p.Steps[0].Note == "" {
				t.Errorf("step 1: %+v, %q", w.Steps[0], p.Steps[0].Note)
			}
			if len(r.queue.tasks) != 2 {
				t.Errorf("%d tasks, want one for each", len(r.queue.tasks))
			}
			x = r.execution(t, second.ID) // all of it done: nothing is left for the next
			x.State = execution.Succeeded
			r.put(t, execution.Collection, x.ID, x)
			third := r.decide(t, issue("3", "12", `,"body":"x","comments":1`))
			if p := third.Proposals[0]; !strings.HasSuffix(p.Note, "had all of it done before") || p.WorkflowID != "" || r.count(t, execution.Workflows) != 1 {
				t.Errorf("proposal %+v", p)
			}
		})
	}
}

// A live workflow's later steps are planned, and nobody else's.
func TestLaterStepsAreTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t, strings.Replace(steps("whole", "L5", "undoable:a", "undoable:b"), "do:", `when: event.issue.body == null, do:`, 1)+
		`  - {name: later, on: com.github.issues.opened, when: event.issue.body == "x", do: {action: fake.undoable, with: {text: b}}, capability: error-recovery, autonomy: L5}`+"\n")
	first := r.decide(t, opened("1"))
	d := r.decide(t, issue("2", "12", `,"body":"x"`))
	if p := d.Proposals[0]; p.Note != "decision "+first.ID+" wanted the same effect before; it is planned" {
		t.Errorf("proposal %+v", p)
	}
	if x := r.execution(t, first.Proposals[0].Steps[1].ExecutionID); x.Policy != "whole" {
		t.Errorf("the later step is now of policy %s", x.Policy)
	}
}

// Two steps that are one effect cannot both be done.
func TestStepsThatAreOneEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t, steps("p", "L5", "undoable:t", "undoable:${event.issue.title}"))
	d := r.decide(t, opened("1"))
	if p := d.Proposals[0]; p.Note != "steps 1 and 2 are one effect on octo/hello issue 12" || r.count(t, execution.Collection) != 0 {
		t.Errorf("proposal %+v", p)
	}
}

// The policy is asked again at each step: one that does less stops the rest.
func TestPolicyGateKnowsSteps(t *testing.T) {
	t.Parallel()
	plain := one("p", "fake.undoable", "L5", "")
	three := steps("p", "L5", "undoable:a", "final:b", "undoable:c")
	for name, c := range map[string]struct {
		was, now string
		step     int
		refusal  string
	}{
		"the same step":       {three, three + one("q", "fake.final", "L5", ""), 1, ""},
		"the same later step": {three, three + one("q", "fake.final", "L5", ""), 2, ""},
		"other arguments":     {three, steps("p", "L5", "undoable:a", "final:x", "undoable:c"), 1, ""},
		"one step fewer":      {three, steps("p", "L5", "undoable:a", "final:b"), 1, "policy p now does fake.undoable, fake.final"},
		"already done":        {three, steps("p", "L5", "undoable:a", "final:b"), 2, "policy p now does fake.undoable, fake.final"},
		"the last is another": {three, steps("p", "L5", "undoable:a", "final:b", "final:c"), 0, "policy p now does fake.undoable, fake.final, fake.final"},
		"one only":            {three, plain, 2, "policy p now does fake.undoable"},
		"one became several":  {plain, three, 0, "policy p now does fake.undoable, fake.final, fake.undoable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.was)
			p := r.decide(t, opened("1")).Proposals[0]
			x := r.execution(t, p.Executions()[c.step])
			refusal, err := decision.PolicyGate(fixed{load(t, files(c.now))}, autonomytest.Everything())(t.Context(), nil, x, time.Time{})
			if diff := cmp.Diff(c.refusal, refusal); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
