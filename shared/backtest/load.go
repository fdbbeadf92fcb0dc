package backtest

import (
	"context"
	"errors"
	"fmt"
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
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read execution %s: %w", id, err)
	}
	if c.recorded == nil {
		c.recorded = map[string]execution.Execution{}
	}
	c.recorded[id] = x
	return nil
}

// thenOwn returns the executions that the recorded decision made, by policy.
func (c loaded) thenOwn() map[string]*execution.Execution {
	own := map[string]*execution.Execution{}
	for _, x := range c.recorded {
		if x.DecisionID == c.then.ID && x.Previous == "" {
			own[x.Policy] = &x
		}
	}
	return own
}

// opinion is what people said to the effect that the policy wants now, or to
// what it made of the event then.
func (c loaded) opinion(a answers) Opinion {
	if o := OpinionOf(c.recorded[a.now.Effect]); o != None || a.then.Effect == "" {
		return o
	}
	return OpinionOf(c.recorded[a.then.Effect])
}

// resource names what the answers are about.
func (c loaded) resource(a answers) string {
	switch {
	case a.execution != nil:
		return a.execution.Resource
	case c.recorded[a.then.Effect].ID != "":
		return c.recorded[a.then.Effect].Resource
	default:
		return c.delivery.Repository + " " + c.delivery.Subject
	}
}
