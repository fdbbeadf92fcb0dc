package retention_test

import (
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/retention"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	if err := defaults.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	err := retention.Config{Bodies: 40, Deliveries: 3, History: 2, Operations: 1}.Validate()
	for _, want := range []string{
		"RETENTION_DELIVERY_DAYS is 3; it must be at least 30: an event that is delivered again", "at least 40: a body",
		"RETENTION_HISTORY_DAYS is 2; it must be at least 100", "RETENTION_OPERATIONS_DAYS is 1", "RETENTION_SECURITY_DAYS is 0",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not say %q", err, want)
		}
	}
}

// old is a history in which all has ended: name -> document.
func old() map[string]any {
	ended := start.Add(time.Minute)
	return map[string]any{
		"deliveries/v1":  decision.Delivery{ID: "v1", DecisionID: "d1", BodyRef: "events/a", ReceivedAt: start, DecidedAt: start},
		"meanings/m1":    map[string]any{"delivery": "v1", "decision_id": "d1"},
		"decisions/d1":   decision.Decision{ID: "d1", Meaning: "m1", DecidedAt: start},
		"executions/x1":  execution.Execution{ID: "x1", DecisionID: "d1", State: execution.Succeeded, CreatedAt: start, UpdatedAt: ended},
		"approvals/x1-1": approval.Approval{ID: "x1-1", ExecutionID: "x1", State: approval.Approved, AskedAt: start},
		"workflows/w1": execution.Workflow{
			ID: "w1", DecisionID: "d1", State: execution.WorkflowDone, CreatedAt: start, UpdatedAt: ended,
			Steps: []execution.WorkflowStep{{Step: 1, Execution: "s1"}, {Step: 2, Execution: "elsewhere", MadeBy: "d0"}},
		},
		"executions/s1": execution.Execution{ID: "s1", WorkflowID: "w1", DecisionID: "d1", State: execution.Succeeded, CreatedAt: start, UpdatedAt: ended},
		"pages/p1":      page.Page{ID: "p1", RaisedAt: start, ResolvedAt: &ended},
		"fields/f1":     execution.Field{ID: "f1", ChangedAt: start},
		"keys/k1":       auth.Key{ID: "k1", Name: "ana", ExpiresAt: start},
	}
}

func TestHistoryExpires(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.body(t, "events/a")
	r.put(t, old())
	for _, step := range []struct {
		days int
		gone []string
	}{
		{29, nil},
		{31, []string{"events/a"}},
		{89, []string{"events/a"}},
		{91, []string{"events/a", "deliveries/v1", "keys/k1"}},
		{399, []string{"events/a", "deliveries/v1", "keys/k1"}},
		{401, []string{"events/a", "deliveries/v1", "keys/k1", "meanings/m1", "decisions/d1", "executions/x1", "approvals/x1-1", "workflows/w1", "executions/s1", "pages/p1", "fields/f1"}},
	} {
		r.clock.Advance(start.Add(time.Duration(step.days) * day).Sub(r.clock.Now()))
		r.expire(t)
		gone := map[string]bool{}
		for _, name := range step.gone {
			gone[name] = true
		}
		all := old()
		all["events/a"] = nil
		for name := range all {
			if r.there(t, name) == gone[name] {
				t.Errorf("after %d days %s is there: %t", step.days, name, !gone[name])
			}
		}
	}
	for _, rec := range r.records(t) {
		if rec.Verb != "retention.expired" || rec.Details["deleted"] == "" {
			t.Errorf("record %+v", rec)
		}
	}
}

// Nothing goes that is still to be done, waits for a person, or is referred to
// by what is kept, however old it is.
func TestWhatIsNeededStays(t *testing.T) {
	t.Parallel()
	long := start.Add(2000 * day)
	alone := func(s execution.State) map[string]any {
		return map[string]any{"executions/x1": execution.Execution{ID: "x1", DecisionID: "d1", State: s, CreatedAt: start, UpdatedAt: start}}
	}
	step := func(s execution.State, at time.Time) map[string]any {
		return map[string]any{"executions/s1": execution.Execution{ID: "s1", WorkflowID: "w1", DecisionID: "d1", State: s, CreatedAt: start, UpdatedAt: at}}
	}
	stuck := execution.Workflow{
		ID: "w1", DecisionID: "d1", State: execution.WorkflowStuck, CreatedAt: start, UpdatedAt: start,
		Steps: []execution.WorkflowStep{{Step: 1, Execution: "s1"}},
	}
	late := decision.Delivery{ID: "v1", DecisionID: "d1", BodyRef: "events/z", ReceivedAt: start, DecidedAt: long}
	again := decision.Delivery{ID: "v2", DecisionID: "d1", ReceivedAt: long, DecidedAt: long}
	left := execution.Execution{ID: "x1", WorkflowID: "w0", State: execution.Failed, CreatedAt: start, UpdatedAt: start}
	elsewhere := execution.Execution{ID: "elsewhere", WorkflowID: "w2", State: execution.Waiting, CreatedAt: start, UpdatedAt: start}
	whole := []string{"workflows/w1", "executions/s1", "decisions/d1"}
	for name, c := range map[string]struct {
		change     map[string]any
		stay, goes []string
	}{
		"waiting":           {alone(execution.Waiting), []string{"executions/x1", "approvals/x1-1", "decisions/d1", "meanings/m1"}, nil},
		"in doubt":          {alone(execution.Uncertain), []string{"executions/x1", "approvals/x1-1", "decisions/d1"}, nil},
		"not undone":        {alone(execution.RevertFailed), []string{"executions/x1", "decisions/d1"}, nil},
		"stuck workflow":    {map[string]any{"workflows/w1": stuck}, whole, nil},
		"a step moved late": {step(execution.Reverted, long), whole, nil},
		"a step under way":  {step(execution.Reverting, start), whole, nil},
		"came again":        {map[string]any{"deliveries/v2": again}, []string{"deliveries/v2", "decisions/d1", "meanings/m1"}, []string{"executions/x1"}},
		"decided late":      {map[string]any{"deliveries/v1": late}, []string{"deliveries/v1", "decisions/d1"}, nil},
		"an open page":      {map[string]any{"pages/p1": page.Page{ID: "p1", Open: true, RaisedAt: start}}, []string{"pages/p1"}, nil},
		"resolved late":     {map[string]any{"pages/p1": page.Page{ID: "p1", RaisedAt: start, ResolvedAt: &long}}, []string{"pages/p1"}, nil},
		"another's step":    {map[string]any{"executions/elsewhere": elsewhere}, []string{"executions/elsewhere"}, []string{"workflows/w1", "executions/s1"}},
		"workflow is gone":  {map[string]any{"executions/x1": left}, nil, []string{"executions/x1", "approvals/x1-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			all := old()
			for name, doc := range c.change {
				all[name] = doc
			}
			r.put(t, all)
			r.clock.Advance(long.Sub(start))
			r.expire(t)
			for _, name := range c.stay {
				if !r.there(t, name) {
					t.Errorf("%s is gone", name)
				}
			}
			for _, name := range append(c.goes, "fields/f1") {
				if r.there(t, name) {
					t.Errorf("%s is still there", name)
				}
			}
		})
	}
}
