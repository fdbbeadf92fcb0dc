package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

func unpermitted(e Evidence) (found []string) {
	created, claimed, approved, rejected := e.told("execution.created"), e.told("execution.claimed"), e.told("execution.approved", "key:"+ana), e.told("execution.rejected")
	at := map[int]time.Time{}
	for _, c := range e.Commits {
		at[c.Step] = c.At
	}
	byID := map[string]execution.Execution{}
	for _, x := range e.Executions {
		byID[x.ID] = x
	}
	heard := e.heard(byID)
	for _, f := range e.Effects {
		x, subject := byID[f.Execution], "executions/"+f.Execution
		if x.Tells != "" { // what is asked may be told
			continue
		}
		why := "no rule of that name was in force when it was claimed"
		for _, r := range e.rules(x.Policy, at[lastBefore(claimed[subject], f.Step)]) {
			asked := lastBefore(approved[subject], f.Step) > 0
			vetoable := len(created[subject]) > 0 && f.At.Sub(at[created[subject][0]]) < vetoWindow-e.Skew
			if told, ok := heard[x.ID]; x.Target.Kind == "issue" || x.Target.Kind == "pull_request" {
				vetoable = !ok || f.At.Sub(told) < vetoWindow-e.Skew
			}
			if why = forbidden(x, r, asked, vetoable); why == "" {
				break
			}
		}
		if lastBefore(rejected[subject], f.Step) > 0 {
			why = "it was rejected"
		}
		if why != "" {
			found = append(found, fmt.Sprintf("%s %s at step %d by %s: %s", f.Method, f.Path, f.Step, f.By, why))
		}
	}
	return found
}

// heard is when the comment was made that told people of an execution.
func (e Evidence) heard(byID map[string]execution.Execution) map[string]time.Time {
	at := map[string]time.Time{}
	for _, f := range e.Effects {
		question := byID[f.Execution].Tells
		if i := strings.LastIndex(question, "-"); i > 0 {
			at[question[:i]] = f.At
		}
	}
	return at
}

// forbidden says why rule r does not permit x, "" if it does. asked is whether
// somebody approved, vetoable whether there was still time to veto.
func forbidden(x execution.Execution, r Rule, asked, vetoable bool) string {
	switch {
	case r.Do != x.Action:
		return "the rule does " + r.Do
	case x.Category == execution.Record, r.Level < "L3":
		return "it was to be recorded only"
	case x.Category == execution.Manual && !asked, r.Level < x.Level:
		return "nobody approved"
	case x.Category == execution.Alert && vetoable && !asked:
		return "its veto window was open"
	}
	return ""
}

// lastBefore returns the last of steps before step, 0 if there is none.
func lastBefore(steps []int, step int) int {
	last := 0
	for _, s := range steps {
		if s < step {
			last = s
		}
	}
	return last
}
