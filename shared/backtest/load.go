package backtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// loaded is one event with what was decided on it, what would be now, and the
// executions on record of both.
type loaded struct {
	delivery decision.Delivery
	left     left // why it is left out
	then     decision.Decision
	draft    decision.Draft
	recorded map[string]execution.Execution // by id
}

// left says why an event is left out.
type left int

const (
	none left = iota
	duplicate
	bodyGone
	unreadable
)

// load reads what is recorded of dl and drafts its decision as at now.
func (d Deps) load(ctx context.Context, dl decision.Delivery, now time.Time) (loaded, error) {
	c := loaded{delivery: dl}
	if dl.DuplicateOf != "" {
		c.left = duplicate
		return c, nil
	}
	ev, err := d.Engine.Recorded(ctx, dl)
	if errors.Is(err, blob.ErrNotFound) {
		c.left = bodyGone
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read event %s: %w", dl.ID, err)
	}
	c.draft, err = d.Engine.Draft(ev, now)
	if fault.Is(err, fault.Invalid) {
		c.left = unreadable
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("decide on event %s: %w", dl.ID, err)
	}
	if c.then, err = d.decided(ctx, dl.DecisionID); err != nil {
		return c, err
	}
	return c, d.executions(ctx, &c)
}

// decided reads the decision id without its explanations, which are most of it.
func (d Deps) decided(ctx context.Context, id string) (decision.Decision, error) {
	type proposal struct {
		decision.Proposal
		Explanation struct{} `json:"explanation"`
	}
	type slim struct {
		decision.Decision
		Proposals []proposal `json:"proposals"`
	}
	s, err := store.Get[slim](ctx, d.Store, store.Key{Collection: decision.Collection, ID: id})
	if err != nil {
		return decision.Decision{}, fmt.Errorf("read decision %s: %w", id, err)
	}
	for _, p := range s.Proposals {
		s.Decision.Proposals = append(s.Decision.Proposals, p.Proposal)
	}
	return s.Decision, nil
}

// executions reads the executions that either decision names.
func (d Deps) executions(ctx context.Context, c *loaded) error {
	c.recorded = map[string]execution.Execution{}
	for _, list := range [][]decision.Proposal{c.then.Proposals, c.draft.Decision.Proposals} {
		for _, p := range list {
			for _, id := range p.Executions() {
				if err := d.execution(ctx, c, id); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d Deps) execution(ctx context.Context, c *loaded, id string) error {
	if _, ok := c.recorded[id]; ok {
		return nil
	}
	x, err := store.Get[execution.Execution](ctx, d.Store, store.Key{Collection: execution.Collection, ID: id})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("read execution %s: %w", id, err)
	}
	c.recorded[id] = x
	return nil
}

// thenOwn returns the executions that the recorded decision made.
func (c loaded) thenOwn() map[string][]execution.Execution {
	var own []execution.Execution
	for _, x := range c.recorded {
		if x.DecisionID == c.then.ID {
			own = append(own, x)
		}
	}
	return byPolicy(own)
}

// byPolicy parts xs, in the order of their steps.
func byPolicy(xs []execution.Execution) map[string][]execution.Execution {
	parts := map[string][]execution.Execution{}
	for _, x := range xs {
		parts[x.Policy] = append(parts[x.Policy], x)
	}
	for _, part := range parts {
		slices.SortFunc(part, func(a, b execution.Execution) int { return a.Step - b.Step })
	}
	return parts
}

// opinion is what people said to the effects that the policy wants now, or to
// what it made of the event then.
func (c loaded) opinion(a answers) Opinion {
	for _, effects := range [][]string{a.now.Effects, a.then.Effects} {
		said := None
		for _, id := range effects {
			if o := OpinionOf(c.recorded[id]); said != Disagreed && o != None {
				said = o
			}
		}
		if said != None {
			return said
		}
	}
	return None
}

// resource names what the answers are about.
func (c loaded) resource(a answers) string {
	if a.execution != nil {
		return a.execution.Resource
	}
	for _, id := range a.then.Effects {
		if x, ok := c.recorded[id]; ok {
			return x.Resource
		}
	}
	return strings.TrimSpace(c.delivery.Repository + " " + c.delivery.Subject)
}
