package backtest

import (
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// ledger is what the events that were replayed so far would have led to: which
// effects are taken, and when each policy ran.
type ledger struct {
	since   time.Time
	effects map[string]taken
	starts  map[string][]time.Time
}

// taken is who has an effect.
type taken struct {
	decision string
	category execution.Category
}

func newLedger(since time.Time) *ledger {
	return &ledger{since: since, effects: map[string]taken{}, starts: map[string][]time.Time{}}
}

// known returns the execution that has the effect id, which the event of c
// wants: one of the replay, or one of before it. What was made since then is
// not known, nor what the same event led to: the replay is in its place.
func (l *ledger) known(id string, c loaded) (execution.Execution, error) {
	recorded, ok := c.recorded[id]
	if t, replayed := l.effects[id]; replayed {
		x := execution.Execution{ID: id, DecisionID: t.decision, Category: t.category, State: t.state()}
		if ok {
			x.State = recorded.State // what became of the effect
		}
		return x, nil
	}
	if ok && recorded.CreatedAt.Before(l.since) && recorded.DecisionID != c.then.ID {
		return recorded, nil
	}
	return execution.Execution{}, store.ErrNotFound
}

// state is where an execution of the category is taken to have ended.
func (t taken) state() execution.State {
	switch t.category {
	case execution.Record:
		return execution.Planned
	case execution.Manual:
		return execution.Waiting
	default:
		return execution.Succeeded
	}
}

// take gives the effect of x to it.
func (l *ledger) take(x execution.Execution) {
	l.effects[x.ID] = taken{x.DecisionID, x.Category}
}

// start counts one run of x, as if it began when it was decided; it reports
// false if the policy's own limits stop it. What is only recorded does not run,
// nor what people said no to, which takes nothing of the limits either.
func (l *ledger) start(x execution.Execution, opinion Opinion) bool {
	asked := x.Category == execution.Manual || x.Category == execution.Alert
	if x.Category == execution.Record || asked && opinion == Disagreed {
		return true
	}
	perResource, total, at := x.Policy+"\x00"+x.Resource, x.Policy, x.CreatedAt
	if l.reached(x.Limits.PerResource, perResource, at) || l.reached(x.Limits.Total, total, at) {
		return false
	}
	l.ran(x.Limits.PerResource, perResource, at)
	l.ran(x.Limits.Total, total, at)
	return true
}

// reached reports whether a run at the time at would be one too many.
func (l *ledger) reached(r *execution.Rate, key string, at time.Time) bool {
	if r == nil {
		return false
	}
	starts := l.starts[key]
	return r.N <= 0 || len(starts) >= r.N && starts[len(starts)-r.N].After(at.Add(-r.Per))
}

func (l *ledger) ran(r *execution.Rate, key string, at time.Time) {
	if r == nil {
		return
	}
	starts := l.starts[key]
	starts = append(starts, at)
	if len(starts) > r.N { // older ones are never looked at
		starts = starts[len(starts)-r.N:]
	}
	l.starts[key] = starts
}
