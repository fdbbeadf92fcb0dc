package execution

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// When a policy cools down on a resource, and for how long after the last of
// the failures.
const (
	coolAfter = 3
	coolFor   = time.Hour
)

// CoolGate refuses a policy whose last effects on the resource did not work:
// what failed three times in a row does not help the fourth time. After a time
// it may try once more.
func CoolGate(ctx context.Context, tx store.Tx, x Execution, now time.Time) (string, error) {
	if x.StartedAt != nil || x.Previous != "" {
		return "", nil // begun already, maybe with the workflow's first step
	}
	failed, err := last(ctx, tx, x, action.Failed, coolAfter)
	if err != nil || len(failed) < coolAfter || now.Sub(*failed[0].FinishedAt) >= coolFor {
		return "", err
	}
	after := store.Filter{Field: "finished_at", Op: store.Gt, Value: *failed[coolAfter-1].FinishedAt}
	worked, err := last(ctx, tx, x, action.Worked, 1, after)
	if err != nil || len(worked) > 0 {
		return "", err
	}
	until := failed[0].FinishedAt.Add(coolFor)
	return fmt.Sprintf("policy %s cools down on %s until %s: the last %d times it did not work",
		x.Policy, x.Resource, until.Format(time.RFC3339), coolAfter), nil
}

// last returns the newest executions of x's policy on its resource that had
// the outcome.
func last(ctx context.Context, tx store.Tx, x Execution, outcome action.Outcome, limit int, more ...store.Filter) ([]Execution, error) {
	found, _, err := store.List[Execution](ctx, tx, store.Query{
		Collection: Collection, OrderBy: "finished_at", Desc: true, Limit: limit,
		Where: append([]store.Filter{
			{Field: "policy", Op: store.Eq, Value: x.Policy},
			{Field: "resource", Op: store.Eq, Value: x.Resource},
			{Field: "outcome", Op: store.Eq, Value: string(outcome)},
		}, more...),
	})
	if err != nil {
		return nil, fmt.Errorf("read the outcomes of policy %s on %s: %w", x.Policy, x.Resource, err)
	}
	return found, nil
}
