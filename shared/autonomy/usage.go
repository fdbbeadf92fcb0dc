package autonomy

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Use is a limit and how far it is used up where it is used up most.
type Use struct {
	Limit string `json:"limit"`           // "per_repository"
	Rate  string `json:"rate"`            // "30/1h"; of share "10%"
	Used  int    `json:"used"`            // of the rate, now
	Where string `json:"where,omitempty"` // "octo/hello": the fullest
}

// Uses returns the limits of a capability with what is used of them now. It
// reads at most store.MaxPage executions, the newest: what is used of a limit
// that lets more happen may be more.
func (m *Matrix) Uses(ctx context.Context, r store.Reader, capability string, now time.Time) ([]Use, error) {
	limits := m.Capabilities[capability].Limits
	kinds := limits.kinds()
	if limits.Share > 0 {
		kinds = append(kinds, use{Use: Use{Limit: "share", Rate: fmt.Sprintf("%d%%", limits.Share)}})
	}
	var longest time.Duration
	for _, k := range kinds {
		longest = max(longest, k.per)
	}
	uses := make([]Use, len(kinds))
	for i, k := range kinds {
		uses[i] = k.Use
	}
	if longest == 0 {
		return uses, nil
	}
	page, err := r.Query(ctx, store.Query{Collection: execution.Collection, OrderBy: "started_at", Desc: true, Limit: store.MaxPage, Where: []store.Filter{
		eq("capability", capability), {Field: "started_at", Op: store.Gt, Value: now.Add(-longest)},
	}})
	if err != nil {
		return nil, fmt.Errorf("count the executions of capability %s: %w", capability, err)
	}
	counts := make([]map[string]int, len(kinds))
	for _, doc := range page.Documents {
		var x execution.Execution
		if err := json.Unmarshal(doc.Data, &x); err != nil {
			return nil, fmt.Errorf("decode %s: %w", doc.Key, err)
		}
		for i, k := range kinds {
			if k.where == nil || x.StartedAt == nil || !x.StartedAt.After(now.Add(-k.per)) || (k.Limit == "removals" && !x.Removes) {
				continue
			}
			if counts[i] == nil {
				counts[i] = map[string]int{}
			}
			where := k.where(x)
			if counts[i][where]++; counts[i][where] > uses[i].Used {
				uses[i].Used, uses[i].Where = counts[i][where], where
			}
		}
	}
	return uses, nil
}

// use is a limit that is counted by where.
type use struct {
	Use
	per   time.Duration
	where func(execution.Execution) string
}

// kinds are the rates of l that there are.
func (l Limits) kinds() []use {
	installation := func(x execution.Execution) string { return fmt.Sprint("installation ", x.InstallationID) }
	var out []use
	for _, k := range []struct {
		name  string
		rate  *rate.Rate
		where func(execution.Execution) string
	}{
		{"per_resource", l.PerResource, func(x execution.Execution) string { return x.Resource }},
		{"per_policy", l.PerPolicy, func(x execution.Execution) string { return x.Policy }},
		{"per_repository", l.PerRepository, func(x execution.Execution) string { return x.Repository }},
		{"per_installation", l.PerInstallation, installation},
		{"removals", l.Removals, installation},
	} {
		if k.rate != nil {
			out = append(out, use{Use{Limit: k.name, Rate: k.rate.String()}, k.rate.Per, k.where})
		}
	}
	return out
}
