package sim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	emulator "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// plants are violations, each put into the evidence of a run that has none.
var plants = map[string]struct {
	invariant string
	put       func(e *sim.Evidence)
}{
	"an event without a decision": {"I1", func(e *sim.Evidence) { e.Accepted = append(e.Accepted, sim.Accepted{Delivery: "lost"}) }},
	"an execution left running":   {"I1", func(e *sim.Evidence) { e.Executions[0].State = execution.Running }},
	"an effect made twice":        {"I2", func(e *sim.Evidence) { e.Effects = append(e.Effects, e.Effects[0]) }},
	"a comment with another marker": {"I2", func(e *sim.Evidence) {
		i := slices.IndexFunc(e.Effects, func(f sim.Effect) bool { return strings.HasSuffix(f.Path, "/comments") })
		again := e.Effects[i]
		again.Body = strings.Replace(again.Body, again.Execution, "another", 1)
		e.Effects = append(e.Effects, again)
	}},
	"an effect before its intent": {"I3", func(e *sim.Evidence) { e.Effects[0].Step = 1 }},
	"an effect of nobody":         {"I3", func(e *sim.Evidence) { e.Effects[0].Execution = "" }},
	"a ghost":                     {"I4", func(e *sim.Evidence) { e.Effects = e.Effects[1:] }},
	"a rule that was taken away":  {"I5", func(e *sim.Evidence) { e.Grants[0].Rules = nil }},
	"a rule that only records": {"I5", func(e *sim.Evidence) {
		for i := range e.Grants[0].Rules {
			e.Grants[0].Rules[i].Level = "L1"
		}
	}},
	"a rule that does something else": {"I5", func(e *sim.Evidence) { e.Grants[0].Rules[0].Do = "github.issue.close" }},
	"nobody approved":                 {"I5", func(e *sim.Evidence) { setAll(e, execution.Manual) }},
	"an open veto window":             {"I5", func(e *sim.Evidence) { setAll(e, execution.Alert) }},
	"an alert that nobody was told of": {"I5", func(e *sim.Evidence) {
		setAll(e, execution.Alert)
		for i := range e.Effects {
			e.Effects[i].At = e.Effects[i].At.Add(time.Hour)
		}
	}},
	"an approval by who caused it": {"I5", func(e *sim.Evidence) {
		setAll(e, execution.Manual)
		for _, f := range e.Effects {
			plantRecord(e, audit.Record{Verb: "execution.approved", Actor: "key:codertocat", Subject: "executions/" + f.Execution})
		}
	}},
	"a rejected execution": {"I5", func(e *sim.Evidence) {
		plantRecord(e, audit.Record{Verb: "execution.rejected", Subject: "executions/" + e.Effects[0].Execution})
	}},
	"a change without a record": {"I6", func(e *sim.Evidence) {
		i := slices.IndexFunc(e.Commits, func(c sim.Commit) bool { return len(c.Writes) == 2 })
		c := &e.Commits[i]
		c.Writes = slices.DeleteFunc(slices.Clone(c.Writes), func(w sim.Write) bool { return w.Key.Collection == audit.Collection })
	}},
	"a record of another change": {"I6", func(e *sim.Evidence) {
		for _, c := range e.Commits {
			for i, w := range c.Writes {
				c.Writes[i].Data = []byte(strings.Replace(string(w.Data), `"to":"succeeded"`, `"to":"failed"`, 1))
			}
		}
	}},
	"a damaged log":        {"I6", func(e *sim.Evidence) { e.Log.Damages = append(e.Log.Damages, verify.Damage{Kind: verify.Forked}) }},
	"a total limit":        {"I7", func(e *sim.Evidence) { e.Grants[0].Rules[0].Total = sim.Limit{N: 1, Per: time.Hour} }},
	"a limit per resource": {"I7", sameResource},
	"another one's lease": {"I10", func(e *sim.Evidence) {
		for i := range e.Commits {
			if strings.Contains(string(e.Commits[i].Writes[len(e.Commits[i].Writes)-1].Data), "execution.applied") {
				e.Commits[i].In = "another"
			}
		}
	}},
	"a request during a freeze": {"I11", func(e *sim.Evidence) {
		w := sim.Write{Key: store.Key{Collection: control.Collection, ID: control.Global}, Data: []byte(`{"scope":"global"}`)}
		e.Commits = append(e.Commits, sim.Commit{At: e.Effects[0].Sent.Add(-time.Second), Writes: []sim.Write{w}})
	}},
	"retries in step": {"I9", func(e *sim.Evidence) { inStep(e) }},
}

func TestPlantedViolationsAreFound(t *testing.T) {
	t.Parallel()
	for name, p := range plants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := calm(t)
			if wrong := sim.Violations(e); len(wrong) > 0 {
				t.Fatalf("without a plant there are violations: %v", wrong)
			}
			p.put(&e)
			found := sim.Violations(e)
			if !slices.ContainsFunc(found, func(v string) bool { return strings.HasPrefix(v, p.invariant+":") }) {
				t.Errorf("%s did not find it; found: %v", p.invariant, found)
			}
		})
	}
}

// calm is the evidence of a run where nothing goes wrong: two issues.
func calm(t *testing.T) (e sim.Evidence) {
	t.Helper()
	must(t, sim.Options{Seed: 1, Rules: sim.Mix()}, func(t *testing.T, w *sim.World) (wrong []string) {
		t.Helper()
		for range 2 {
			h, err := w.Occur(t.Context(), emulator.Trigger{Name: "issues.opened"})
			if err != nil {
				return []string{err.Error()}
			}
			w.Deliver(t.Context(), h, w.DeliveryID())
		}
		if wrong := drained(t, w, 10*time.Minute); len(wrong) > 0 {
			return wrong
		}
		e, wrong = judged(t, w)
		if e.Log.Size == 0 {
			wrong = append(wrong, "nothing was sealed")
		}
		return wrong
	})
	return e
}

func setAll(e *sim.Evidence, c execution.Category) {
	for i := range e.Executions {
		e.Executions[i].Category = c
	}
}

// sameResource has one rule act twice on one issue, under a limit of one.
func sameResource(e *sim.Evidence) {
	for i := range e.Executions {
		e.Executions[i].Resource = "one"
	}
	e.Grants[0].Rules[0].PerResource = sim.Limit{N: 1, Per: time.Hour}
}

// plantRecord adds a commit of r at the very beginning.
func plantRecord(e *sim.Evidence, r audit.Record) {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings only
	}
	w := sim.Write{Data: data, Created: true}
	w.Key.Collection = audit.Collection
	e.Commits = append([]sim.Commit{{Step: 0, Writes: []sim.Write{w}}}, e.Commits...)
	e.Commits[0].Step = e.Commits[1].Step
}

// inStep has executions come back from a first failure after one and the same
// time.
func inStep(e *sim.Evidence) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 8 {
		x := execution.Execution{ID: "x", State: execution.Ready, Attempt: 1, UpdatedAt: at, NotBefore: at.Add(time.Second)}
		data, err := json.Marshal(x)
		if err != nil {
			panic(err)
		}
		w := sim.Write{Data: data, Created: true}
		w.Key.Collection, w.Key.ID = execution.Collection, "x"
		e.Commits = append(e.Commits, sim.Commit{Step: 1 << 40, Asked: at, Writes: []sim.Write{w}})
		at = at.Add(time.Millisecond)
	}
}
