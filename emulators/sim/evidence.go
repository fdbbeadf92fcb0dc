package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/verify"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Evidence is all that the invariants are judged by.
type Evidence struct {
	History
	Grants     []Grant
	Executions []execution.Execution
	Deliveries []decision.Delivery
	// Skew is how far two clocks may have differed: times are compared with
	// that much patience.
	Skew time.Duration
	// Log is what verifying the sealed audit log found.
	Log verify.Report
}

// Evidence collects what is known at the end.
func (w *World) Evidence(ctx context.Context) (Evidence, error) {
	e := Evidence{History: *w.history, Grants: w.grants, Skew: 2 * w.o.Faults.Skew}
	var err error
	if e.Executions, err = all[execution.Execution](ctx, w.Store, execution.Collection); err != nil {
		return e, err
	}
	if e.Deliveries, err = all[decision.Delivery](ctx, w.Store, decision.Deliveries); err != nil {
		return e, err
	}
	e.Log, err = verify.Log(ctx, verify.Direct{Store: w.Store, Blobs: w.Blobs}, verify.Options{Now: time.Now()})
	return e, err
}

func all[T any](ctx context.Context, r store.Reader, collection string) (list []T, err error) {
	q := store.Query{Collection: collection, Limit: store.MaxPage}
	for {
		page, next, err := store.List[T](ctx, r, q)
		if err != nil {
			return nil, fmt.Errorf("collect %s: %w", collection, err)
		}
		list = append(list, page...)
		if q.Cursor = next; next == "" {
			return list, nil
		}
	}
}

// records returns the audit records that a commit made. Sealing writes their
// places into them later: that tells of nothing new.
func (c Commit) records() []audit.Record {
	made := c
	made.Writes = nil
	for _, w := range c.Writes {
		if w.Created {
			made.Writes = append(made.Writes, w)
		}
	}
	return decoded[audit.Record](made, audit.Collection)
}

// executions returns the executions that a commit wrote.
func (c Commit) executions() []execution.Execution {
	return decoded[execution.Execution](c, execution.Collection)
}

func decoded[T any](c Commit, collection string) []T {
	var list []T
	for _, w := range c.Writes {
		var v T
		if w.Key.Collection == collection && w.Data != nil && json.Unmarshal(w.Data, &v) == nil {
			list = append(list, v)
		}
	}
	return list
}

// told returns, for each execution, the steps at which a record of verb about
// it was committed; of the actors by, if there are any.
func (e Evidence) told(verb string, by ...string) map[string][]int {
	steps := map[string][]int{}
	for _, c := range e.Commits {
		for _, r := range c.records() {
			if r.Verb == verb && (len(by) == 0 || slices.Contains(by, r.Actor)) {
				steps[r.Subject] = append(steps[r.Subject], c.Step)
			}
		}
	}
	return steps
}

// watched is how late the functions may see that the rules have changed.
const watched = 1100 * time.Millisecond

// rules returns the rules called name that were in force at t: two when they
// had just changed, none if it was in none.
func (e Evidence) rules(name string, t time.Time) (found []Rule) {
	for i, g := range e.Grants {
		over := i+1 < len(e.Grants) && t.After(e.Grants[i+1].At.Add(watched))
		if t.Before(g.At) || over {
			continue
		}
		for _, r := range g.Rules {
			if r.Name == name {
				found = append(found, r)
			}
		}
	}
	return found
}
