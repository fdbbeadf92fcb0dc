package decision_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

func TestTheGreaterGrantHasTheEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("shadow", "fake.final", "L1", "")+one("granted", "fake.final", "L5", ""))
	d := r.decide(t, opened("1"))
	x := r.execution(t, d.Proposals[0].ExecutionID)
	if x.Policy != "granted" || x.State != execution.Ready {
		t.Errorf("policy %s has the effect, which is %s; want granted's, ready", x.Policy, x.State)
	}
	if got, want := d.Proposals[0].Note, "policy granted of this decision wants the same effect"; got != want {
		t.Errorf("the note is %q, want %q", got, want)
	}
}

func TestWhatWasOnlyRecordedDoesNotStandInTheWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("shadow", "fake.final", "L1", "")+
		one("granted", "fake.final", "L5", `, when: 'event.issue.body == "the title was edited"'`))
	first := r.decide(t, opened("1"))
	if x := r.execution(t, first.Proposals[0].ExecutionID); x.State != execution.Planned {
		t.Fatalf("it is %s, want planned", x.State)
	}
	second := r.decide(t, issue("2", "12", `,"body":"the title was edited"`))
	x := r.execution(t, first.Proposals[0].ExecutionID)
	if x.State != execution.Ready || x.DecisionID != second.ID || x.Policy != "granted" {
		t.Errorf("it is %s by %s of decision %s; want ready by granted of %s", x.State, x.Policy, x.DecisionID, second.ID)
	}
	if len(r.queue.tasks) != 1 {
		t.Errorf("%d tasks, want 1", len(r.queue.tasks))
	}
}

func TestConditionsThatCannotBeEvaluatedAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("broken", "fake.final", "L5", ", when: 'int(event.issue.title) > 3'"))
	d := r.decide(t, opened("1"))
	if d.Matched != 0 || len(d.Failures) != 1 || d.Failures[0].Policy != "broken" || d.Failures[0].Error == "" {
		t.Errorf("decided %+v", d)
	}
}

// S2: a delivery id that comes back with another body decides nothing, and
// leaves a record.
func TestDeliveryIDWithAnotherBody(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L5", ""))
	first := r.decide(t, opened("1"))
	r.wantCounts(t, 1, 1, 1, 2)
	second := r.decide(t, issue("1", "13", ""))
	if second.ID != first.ID {
		t.Errorf("the second body was decided as %s; want the first decision, %s", second.ID, first.ID)
	}
	r.wantCounts(t, 1, 1, 1, 3)
	r.decide(t, opened("1"))
	r.wantCounts(t, 1, 1, 1, 3)
}
