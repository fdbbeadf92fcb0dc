package execution_test

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

// world is what fakes act on: it counts the effects.
type world struct {
	mu      sync.Mutex
	effects int
	applies int
	done    bool
}

// fake is an action of any class. Each hook, if set, is asked first.
type fake struct {
	class                       action.Class
	world                       *world
	plan, apply, applied, probe func() error
	verify                      func() (action.Outcome, error)
	noop                        bool
}

func (f *fake) Spec() action.Spec {
	return action.Spec{Name: "fake.act", Kind: "issue", Class: f.class, Args: json.RawMessage(`{"type":"object"}`)}
}

func (f *fake) Key(action.Target, json.RawMessage) (string, error) { return "wanted", nil }

func (f *fake) Plan(context.Context, action.Request) (action.Plan, error) {
	if err := ask(f.plan); err != nil {
		return action.Plan{}, err
	}
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	if f.noop || (f.class == action.ClassA && f.world.done) {
		return action.Plan{}, nil
	}
	return action.Plan{Effects: []action.Effect{{Verb: "do", After: "done"}}}, nil
}

func (f *fake) Apply(context.Context, action.Request, action.Plan) (action.Result, error) {
	f.world.mu.Lock()
	f.world.applies++
	f.world.mu.Unlock()
	if err := ask(f.apply); err != nil {
		return action.Result{}, err
	}
	f.world.mu.Lock()
	if f.class != action.ClassA || !f.world.done { // a natural key takes it once
		f.world.effects++
	}
	f.world.done = true
	f.world.mu.Unlock()
	return action.Result{URL: "https://example.test/1", ID: "1"}, ask(f.applied)
}

func (f *fake) Verify(context.Context, action.Request, action.Result) (action.Outcome, error) {
	if f.verify != nil {
		return f.verify()
	}
	return action.Worked, nil
}

func ask(hook func() error) error {
	if hook == nil {
		return nil
	}
	return hook()
}

// prober is a fake of class B.
type prober struct{ *fake }

func (p prober) Probe(context.Context, action.Request) (action.Result, bool, error) {
	if err := ask(p.probe); err != nil {
		return action.Result{}, false, err
	}
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return action.Result{URL: "https://example.test/1", ID: "1"}, p.world.done, nil
}

// of returns the fake as an action of its class.
func of(f *fake) action.Action {
	if f.world == nil {
		f.world = &world{}
	}
	if f.class == action.ClassB {
		return prober{f}
	}
	return f
}
