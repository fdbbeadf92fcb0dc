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
		full, err := reached(ctx, tx, *l.rate, l.where, now)
		if err != nil {
			return "", fmt.Errorf("count the executions of policy %s: %w", x.Policy, err)
		}
		if full {
			return fmt.Sprintf("limit reached: policy %s may run %d times in %s %s", x.Policy, l.rate.N, l.rate.Per, l.text), nil
		}
	}
	return "", nil
}

func reached(ctx context.Context, tx store.Tx, r Rate, where []store.Filter, now time.Time) (bool, error) {
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
			if !gjson.GetBytes(d.Data, "previous").Exists() { // a workflow counts once
				left--
			}
		}
		if left <= 0 || page.Next == "" {
			return left <= 0, nil
		}
		q.Cursor = page.Next
	}
}
