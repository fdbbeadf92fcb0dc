package local

import (
	"context"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Recovered is what a start found unfinished. It is being finished now.
type Recovered struct {
	Events     int  // accepted, not yet decided
	Tasks      int  // queued
	Executions int  // ready, running or being verified
	Waiting    int  // for an approval or a veto window
	More       bool // Executions or Waiting is only the first page
}

// Nothing reports whether the last run left nothing unfinished.
func (r Recovered) Nothing() bool { return r == Recovered{} }

// recovered counts what is unfinished, before anything runs.
func (h *host) recovered(ctx context.Context, m functions.Manifest) (Recovered, error) {
	var r Recovered
	for name := range m.Subscriptions {
		n, err := h.Bus.Backlog(ctx, name)
		if err != nil {
			return r, fmt.Errorf("count the events that %s has not handled: %w", name, err)
		}
		r.Events += n
	}
	for name := range m.Queues {
		n, err := h.Tasks.Depth(ctx, name)
		if err != nil {
			return r, fmt.Errorf("count the tasks of %s: %w", name, err)
		}
		r.Tasks += n
	}
	for _, state := range []execution.State{execution.Ready, execution.Running, execution.Verifying, execution.Waiting} {
		n, more, err := h.countExecutions(ctx, state)
		if err != nil {
			return r, fmt.Errorf("count the %s executions: %w", state, err)
		}
		r.More = r.More || more
		if state == execution.Waiting {
			r.Waiting += n
		} else {
			r.Executions += n
		}
	}
	return r, nil
}

func (h *host) countExecutions(ctx context.Context, state execution.State) (n int, more bool, err error) {
	page, err := h.Store.Query(ctx, store.Query{
		Collection: execution.Collection, OrderBy: "created_at", Desc: true, Limit: store.MaxPage,
		Where: []store.Filter{{Field: "state", Op: store.Eq, Value: string(state)}},
	})
	return len(page.Documents), page.Next != "", err
}
