package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// Invariant is what must hold after every run. Check returns a sentence for
// each violation.
type Invariant struct {
	Name, Says string
	Check      func(Evidence) []string
}

// Invariants are I1 to I7, and that freezes (I11), leases (I10) and jitter (I9)
// hold.
// That all drains (I8) is Drain's to say.
func Invariants() []Invariant {
	return []Invariant{
		{"I1", "every event answered 2xx reaches a terminal state", lost},
		{"I2", "at most one effect for an effect key", twice},
		{"I3", "no effect without an intent recorded before it", unintended},
		{"I4", "no succeeded without the effect", ghosts},
		{"I5", "every effect is permitted by the policy in force or by a valid approval", unpermitted},
		{"I6", "the audit log has no gap and verifies", unaudited},
		{"I7", "limits are respected", overLimit},
		{"I10", "only who holds the lease writes as its holder", usurped},
		{"I11", "half a second after a freeze no request that changes something is sent", thawed},
		{"I9", "those who failed together do not come back together", inStep},
	}
}

// Violations checks all invariants.
func Violations(e Evidence) []string {
	var found []string
	for _, i := range Invariants() {
		for _, v := range i.Check(e) {
			found = append(found, i.Name+": "+v)
		}
	}
	return found
}

func lost(e Evidence) (found []string) {
	known := map[string]bool{}
	for _, d := range e.Deliveries {
		known[d.EventID] = d.DecisionID != ""
	}
	for _, a := range e.Accepted {
		if !known[a.Delivery] {
			found = append(found, fmt.Sprintf("delivery %s was accepted at step %d and has no decision", a.Delivery, a.Step))
		}
	}
	for _, x := range e.Executions {
		if waits := x.State == execution.Waiting && x.Category == execution.Manual; !waits && !x.State.Terminal() {
			found = append(found, fmt.Sprintf("execution %s is left %s", x.ID, x.State))
		}
	}
	return found
}

// ours are the parts of a request that differ between executions: equal
// requests but for them are one effect that was made twice.
var ours = regexp.MustCompile(`(\\n)*<!-- infinity:[^>]*-->|(\\n)*\\u003c!-- infinity:.*?--\\u003e|"external_id":"[^"]*",?`)

func twice(e Evidence) (found []string) {
	first := map[string]Effect{}
	for _, f := range e.Effects {
		key := f.Method + " " + f.Path + " " + ours.ReplaceAllString(f.Body, "")
		if one, again := first[key]; again {
			found = append(found, fmt.Sprintf("%s %s at step %d by %s and again at step %d by %s", f.Method, f.Path, one.Step, one.By, f.Step, f.By))
			continue
		}
		first[key] = f
	}
	return found
}

func unintended(e Evidence) (found []string) {
	intents := e.told("execution.intended")
	for _, f := range e.Effects {
		before := func(step int) bool { return step < f.Step }
		if !slices.ContainsFunc(intents["executions/"+f.Execution], before) {
			found = append(found, fmt.Sprintf("%s %s at step %d by %s was not intended before", f.Method, f.Path, f.Step, f.By))
		}
	}
	return found
}

func ghosts(e Evidence) (found []string) {
	type effect struct{ action, resource string }
	made, done := map[string]bool{}, map[effect]bool{}
	for _, f := range e.Effects {
		made[f.Execution] = true
	}
	for _, x := range e.Executions {
		if made[x.ID] {
			done[effect{x.Action, x.Resource}] = true
		}
	}
	for _, x := range e.Executions {
		if x.State == execution.Succeeded && !made[x.ID] && !done[effect{x.Action, x.Resource}] {
			found = append(found, fmt.Sprintf("execution %s (%s) succeeded without an effect: %s", x.ID, x.Action, x.Reason))
		}
	}
	return found
}

// vetoWindow is what an Alert waits, by the configuration's default.
const vetoWindow = 5 * time.Minute

func unaudited(e Evidence) (found []string) {
	for _, d := range e.Log.Damages {
		found = append(found, fmt.Sprintf("the sealed log: %s: %s", d.Kind, d.Text))
	}
	state := map[string]string{}
	for _, c := range e.Commits {
		for _, x := range c.executions() {
			told := false
			for _, r := range c.records() {
				if r.Subject != "executions/"+x.ID {
					continue
				}
				told = true
				if r.To != string(x.State) || (r.From != state[x.ID] && r.From != "") {
					found = append(found, fmt.Sprintf("record %s of execution %s tells of %s to %s at step %d, which was %s to %s",
						r.Verb, x.ID, r.From, r.To, c.Step, state[x.ID], x.State))
				}
			}
			if !told {
				found = append(found, fmt.Sprintf("execution %s became %s at step %d without a record", x.ID, x.State, c.Step))
			}
			state[x.ID] = string(x.State)
		}
	}
	return found
}

func overLimit(e Evidence) (found []string) {
	type group struct{ policy, resource string }
	times := map[group][]time.Time{}
	byID, counted := map[string]execution.Execution{}, map[string]bool{}
	for _, x := range e.Executions {
		byID[x.ID] = x
	}
	for _, f := range e.Effects {
		x := byID[f.Execution]
		if x.ID == "" || counted[x.ID] {
			continue
		}
		counted[x.ID] = true
		for _, g := range []group{{x.Policy, x.Resource}, {x.Policy, ""}} {
			times[g] = append(times[g], f.At)
		}
	}
	for g, list := range times {
		rules := e.rules(g.policy, e.Grants[len(e.Grants)-1].At.Add(2*watched))
		if len(rules) == 0 {
			continue
		}
		r := rules[0]
		l := r.Total
		if g.resource != "" {
			l = r.PerResource
		}
		for i := l.N; l.N > 0 && i < len(list); i++ {
			if list[i].Sub(list[i-l.N]) < l.Per-e.Skew-slack {
				found = append(found, fmt.Sprintf("policy %s had %d effects within %s on %q", g.policy, l.N+1, list[i].Sub(list[i-l.N]), g.resource))
				break
			}
		}
	}
	slices.SortFunc(found, strings.Compare)
	return found
}

// slack is how long an effect may come after the claim that counted.
const slack = 2 * time.Minute

// enough waits that are equal to the microsecond are no chance. A target may
// have named the time of a few.
const enough = 4

func inStep(e Evidence) (found []string) {
	same := map[time.Duration]int{}
	for _, c := range e.Commits {
		for _, x := range c.executions() {
			if wait := x.NotBefore.Sub(c.Asked); x.State == execution.Ready && x.Attempt > 0 && wait > 0 && !c.Asked.IsZero() {
				same[wait]++
			}
		}
	}
	for wait, n := range same {
		if n >= enough {
			found = append(found, fmt.Sprintf("%d retries waited %s", n, wait))
		}
	}
	slices.Sort(found)
	return found
}

// holders are the verbs that only the holder of the lease may bring about.
var holders = []string{
	"execution.intended", "execution.applied", "execution.verified", "execution.retry", "execution.look_again",
	"execution.succeeded", "execution.failed", "execution.uncertain",
}

// stoppedByGate begins the reason of what a claim itself has ended in doubt,
// when the lease before it was over.
const stoppedByGate = "stopped after the effect may have begun"

func usurped(e Evidence) (found []string) {
	holder := map[string]string{} // process, by subject
	for _, c := range e.Commits {
		for _, r := range c.records() {
			switch who, held := holder[r.Subject]; {
			case r.Verb == "execution.claimed":
				holder[r.Subject] = c.In
			case held && slices.Contains(holders, r.Verb) && who != c.In && r.From != string(execution.Ready) && !strings.HasPrefix(r.Reason, stoppedByGate):
				found = append(found, fmt.Sprintf("%s wrote %s of %s at step %d, which %s had claimed", c.In, r.Verb, r.Subject, c.Step, who))
			}
		}
	}
	return found
}
