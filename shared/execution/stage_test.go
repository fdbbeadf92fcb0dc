package execution_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// stage is what the steps of a workflow act on: a switch for each step, and a
// journal of what was done to them.
type stage struct {
	mu      sync.Mutex
	on      map[string]bool
	journal []string // "do 1", "undo 1": only what changed something
	calls   map[string]int
	// before and after are asked around each change: "do 1", "undo 1".
	before, after map[string]func() error
}

func newStage() *stage {
	return &stage{on: map[string]bool{}, calls: map[string]int{}, before: map[string]func() error{}, after: map[string]func() error{}}
}

func (s *stage) change(verb, id string, to bool) error {
	name := verb + " " + id
	s.mu.Lock()
	s.calls[name]++
	before, after := s.before[name], s.after[name]
	s.mu.Unlock()
	if err := ask(before); err != nil {
		return err
	}
	s.mu.Lock()
	if s.on[id] != to {
		s.on[id] = to
		s.journal = append(s.journal, name)
	}
	s.mu.Unlock()
	return ask(after)
}

// undone returns the steps that were undone, in order.
func (s *stage) undone() (steps []string) {
	for _, entry := range s.journal {
		if step, ok := strings.CutPrefix(entry, "undo "); ok {
			steps = append(steps, step)
		}
	}
	return steps
}

// act is one of the actions on a stage; its target's id says which switch.
type act struct {
	stage *stage
	spec  action.Spec
}

func (a act) Spec() action.Spec { return a.spec }

func (act) Key(t action.Target, _ json.RawMessage) (string, error) { return t.ID, nil }

func (a act) Plan(_ context.Context, r action.Request) (action.Plan, error) {
	a.stage.mu.Lock()
	defer a.stage.mu.Unlock()
	if a.stage.on[r.Target.ID] {
		return action.Plan{}, nil
	}
	return action.Plan{Effects: []action.Effect{{Verb: "switch on", Field: "switch", Before: "off", After: "on"}}}, nil
}

func (a act) Apply(_ context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	return action.Result{ID: r.Target.ID}, a.stage.change("do", r.Target.ID, true)
}

func (a act) Verify(_ context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	a.stage.mu.Lock()
	defer a.stage.mu.Unlock()
	if a.stage.on[r.Target.ID] {
		return action.Worked, nil
	}
	return action.Failed, nil
}

// undoable is an act with a Reverter.
type undoable struct{ act }

func (a undoable) Revert(_ context.Context, r action.Request, p action.Plan, _ action.Result) error {
	if len(p.Effects) == 0 {
		return fault.New(fault.Invalid, "the plan that was carried out is not known")
	}
	return a.stage.change("undo", r.Target.ID, false)
}

// probed is an undoable of class B: what it made is found by a probe, and
// undone by its id.
type probed struct{ undoable }

func (a probed) Probe(_ context.Context, r action.Request) (action.Result, bool, error) {
	a.stage.mu.Lock()
	defer a.stage.mu.Unlock()
	return action.Result{ID: r.Target.ID}, a.stage.on[r.Target.ID], nil
}

func (a probed) Revert(ctx context.Context, r action.Request, p action.Plan, res action.Result) error {
	if res.ID == "" {
		return fault.New(fault.NotFound, "there is no result to look at")
	}
	return a.undoable.Revert(ctx, r, p, res)
}
