package autonomy

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// bound is one limit, and which executions it counts.
type bound struct {
	name  string
	rate  *rate.Rate
	where []store.Filter
	text  string // for people: "in octo/hello"
}

func eq(field string, value any) store.Filter {
	return store.Filter{Field: field, Op: store.Eq, Value: value}
}

// bounds are the limits that x is under.
func (l Limits) bounds(x execution.Execution) []bound {
	capability, installation := eq("capability", x.Capability), eq("installation_id", x.InstallationID)
	all := []bound{
		{"per_resource", l.PerResource, []store.Filter{capability, eq("resource", x.Resource)}, "on " + x.Resource},
		{"per_policy", l.PerPolicy, []store.Filter{eq("policy", x.Policy)}, "for policy " + x.Policy},
		{"per_repository", l.PerRepository, []store.Filter{capability, eq("repository", x.Repository)}, "in " + x.Repository},
		{"per_installation", l.PerInstallation, []store.Filter{capability, installation}, fmt.Sprintf("in installation %d", x.InstallationID)},
	}
	if x.Removes {
		all = append(all, bound{
			"removals", l.Removals,
			[]store.Filter{capability, installation, eq("removes", true)},
			fmt.Sprintf("in installation %d to take something away", x.InstallationID),
		})
	}
	return all
}

// LimitGate refuses what would run more often than the capability's hard
// limits allow. It counts first claims in the claim's own transaction, so that
// no two claims can both be the last one; a retry does not count twice. Each
// step of a workflow counts, since each has an effect; so that workflows are
// rarely stopped halfway, the first step needs room for all that follow.
func LimitGate(s Source) execution.Gate {
	return func(ctx context.Context, tx store.Tx, x execution.Execution, now time.Time) (string, error) {
		c, ok := s.Current().capability(x)
		if !ok {
			return "", nil
		}
		for _, b := range c.Limits.bounds(x) {
			if b.rate == nil {
				continue
			}
			room := rate.Rate{N: b.rate.N - len(x.Following), Per: b.rate.Per}
			full, err := execution.Reached(ctx, tx, room, b.where, nil, now)
			if err != nil {
				return "", fmt.Errorf("count the executions of capability %s: %w", x.Capability, err)
			}
			if full {
				return fmt.Sprintf("hard limit reached: capability %s may act %s %s (%s)", x.Capability, b.rate.Words(), b.text, b.name), nil
			}
		}
		return "", nil
	}
}

// capability returns what limits x; false if x was counted already, or nothing
// is permitted anyway (decision.PolicyGate says so).
func (m *Matrix) capability(x execution.Execution) (Capability, bool) {
	if m == nil || x.StartedAt != nil {
		return Capability{}, false
	}
	c, ok := m.Capabilities[x.Capability]
	return c, ok
}
