package execution

import (
	"context"
	"fmt"
	"time"

	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// LimitGate refuses what would run more often than the policy's limits allow.
// It counts first claims, so that a retry does not count twice, and of a
// workflow its first step's.
func LimitGate(ctx context.Context, tx store.Tx, x Execution, now time.Time) (string, error) {
	if x.StartedAt != nil || x.Previous != "" {
		return "", nil // counted already, or with the workflow's first step
	}
	byPolicy := store.Filter{Field: "policy", Op: store.Eq, Value: x.Policy}
	byResource := store.Filter{Field: "resource", Op: store.Eq, Value: x.Resource}
	for _, l := range []struct {
		rate  *Rate
		where []store.Filter
		text  string
	}{
		{x.Limits.PerResource, []store.Filter{byPolicy, byResource}, "on " + x.Resource},
		{x.Limits.Total, []store.Filter{byPolicy}, "in total"},
	} {
		if l.rate == nil {
			continue
		}
		full, err := Reached(ctx, tx, *l.rate, l.where, workflowsOnce, now)
		if err != nil {
			return "", fmt.Errorf("count the executions of policy %s: %w", x.Policy, err)
		}
		if full {
			return fmt.Sprintf("limit reached: policy %s may run %s %s", x.Policy, l.rate.Words(), l.text), nil
		}
	}
	return "", nil
}

// workflowsOnce counts a workflow once, with its first step.
func workflowsOnce(execution []byte) bool { return !gjson.GetBytes(execution, "previous").Exists() }

// Reached says whether as many of the executions that where tells of were begun
// within r.Per as r allows; counts, if there is one, says which of the
// documents count. It needs an index on where's fields and started_at.
func Reached(ctx context.Context, tx store.Tx, r Rate, where []store.Filter, counts func(execution []byte) bool, now time.Time) (bool, error) {
	if r.N <= 0 {
		return true, nil
	}
	since := store.Filter{Field: "started_at", Op: store.Gt, Value: now.Add(-r.Per)}
	q := store.Query{Collection: Collection, Where: append(where, since), OrderBy: "started_at"}
	for left := r.N; ; {
		q.Limit = min(left, store.MaxPage)
		page, err := tx.Query(ctx, q)
		if err != nil {
			return false, err
		}
		for _, d := range page.Documents {
			if counts == nil || counts(d.Data) {
				left--
			}
		}
		if left <= 0 || page.Next == "" {
			return left <= 0, nil
		}
		q.Cursor = page.Next
	}
}
