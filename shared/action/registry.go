package action

import (
	"fmt"
	"maps"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Registry holds the actions that a process knows, by name.
type Registry struct{ actions map[string]Action }

// NewRegistry returns a registry of actions; two of one name are an error.
func NewRegistry(actions ...Action) (*Registry, error) {
	r := &Registry{actions: make(map[string]Action, len(actions))}
	for _, a := range actions {
		name := a.Spec().Name
		if _, ok := r.actions[name]; ok {
			return nil, fmt.Errorf("register action %s: it is registered already", name)
		}
		r.actions[name] = a
	}
	return r, nil
}

// Lookup returns the action of that name.
func (r *Registry) Lookup(name string) (Action, error) {
	a, ok := r.actions[name]
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no action %q; `infinity policy schema` lists them", name)
	}
	return a, nil
}

// Specs returns the specs of all actions, by name.
func (r *Registry) Specs() []Spec {
	specs := make([]Spec, 0, len(r.actions))
	for _, name := range slices.Sorted(maps.Keys(r.actions)) {
		specs = append(specs, r.actions[name].Spec())
	}
	return specs
}
