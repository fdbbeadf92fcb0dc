package autonomy

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// What a share is of.
const (
	// ShareWindow is how far back a capability's resources are looked for.
	ShareWindow = 30 * 24 * time.Hour
	shareLooks  = 1_000 // at most so many executions are read for it
)

// ShareGate refuses what would have one decision touch too large a share of a
// repository's resources: a decision that is wrong may be wrong everywhere.
// The whole is the resources that executions of the capability touched in the
// repository within ShareWindow, the decision's own included. "10%" lets a
// decision touch two resources of twenty, three of thirty, and always one; a
// second execution on the same resource is no further one.
func ShareGate(s Source) execution.Gate {
	return func(ctx context.Context, tx store.Tx, x execution.Execution, now time.Time) (string, error) {
		c, ok := s.Current().capability(x)
		if !ok || c.Limits.Share == 0 {
			return "", nil
		}
		own := map[string]bool{x.Resource: true}
		err := resources(ctx, tx, []store.Filter{eq("decision_id", x.DecisionID)}, "created_at", func(other execution.Execution) bool {
			if other.StartedAt != nil && other.Capability == x.Capability {
				own[other.Resource] = true
			}
			return true
		})
		if err != nil || len(own) == 1 {
			return "", err
		}
		enough := (len(own)*100 + c.Limits.Share - 1) / c.Limits.Share // rounded up
		all := map[string]bool{}
		for r := range own {
			all[r] = true
		}
		where := []store.Filter{
			eq("capability", x.Capability), eq("repository", x.Repository),
			{Field: "started_at", Op: store.Gt, Value: now.Add(-ShareWindow)},
		}
		err = resources(ctx, tx, where, "started_at", func(other execution.Execution) bool {
			all[other.Resource] = true
			return len(all) < enough
		})
		if err != nil || len(all) >= enough {
			return "", err
		}
		return fmt.Sprintf("hard limit reached: one decision may touch %d%% of the resources of capability %s in %s, and this would be %d of %d (share)",
			c.Limits.Share, x.Capability, x.Repository, len(own), len(all)), nil
	}
}

// resources shows the executions that where tells of to see, until it has seen
// enough.
func resources(ctx context.Context, tx store.Tx, where []store.Filter, order string, see func(execution.Execution) bool) error {
	q := store.Query{Collection: execution.Collection, Where: where, OrderBy: order, Limit: store.MaxPage}
	for read := 0; read < shareLooks; {
		page, err := tx.Query(ctx, q)
		if err != nil {
			return fmt.Errorf("look for resources: %w", err)
		}
		for _, doc := range page.Documents {
			var x execution.Execution
			if err := json.Unmarshal(doc.Data, &x); err != nil {
				return fmt.Errorf("decode %s: %w", doc.Key, err)
			}
			if !see(x) {
				return nil
			}
		}
		read, q.Cursor = read+len(page.Documents), page.Next
		if page.Next == "" {
			return nil
		}
	}
	return nil
}
