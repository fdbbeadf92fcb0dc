package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/condition"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/index"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// Set is a compiled and indexed set of policies. Once it is built, it is safe
// for concurrent use.
type Set struct {
	types    *webhook.Catalogue
	compiler *condition.Compiler
	actions  map[string]actionSpec

	policies []*Policy
	compiled []*compiled
	byName   map[string]int
	byEvent  map[string]*index.Index
	digest   func() string

	explainers explainers
}

type actionSpec struct {
	action.Spec
	args *jsonschema.Schema // nil: any
}

// compiled is what a policy has beside its text.
type compiled struct {
	events map[string]*condition.Checked // nil where there is no condition
	steps  []compiledStep
	static []json.RawMessage // the arguments of all steps, where none needs the event
	hash   [sha256.Size]byte
}

// compiler is of GitHub's events, which do not change while a process runs: all
// sets share what it has learnt of them.
var compiler = sync.OnceValues(func() (*condition.Compiler, error) {
	types, err := webhook.Load()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	return condition.NewCompiler(types) //nolint:wrapcheck // says what was done
})

// NewSet returns an empty set over the actions of c.
func NewSet(c Catalog) (*Set, error) {
	compiler, err := compiler()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	types := compiler.Catalogue()
	actions := map[string]actionSpec{}
	for _, spec := range c.Specs() {
		a := actionSpec{Spec: spec}
		if len(spec.Args) > 0 {
			if a.args, err = document.Compile(spec.Args); err != nil {
				return nil, fmt.Errorf("the arguments of action %s: %w", spec.Name, err)
			}
		}
		actions[spec.Name] = a
	}
	return newSet(types, compiler, actions), nil
}

func newSet(types *webhook.Catalogue, compiler *condition.Compiler, actions map[string]actionSpec) *Set {
	s := &Set{types: types, compiler: compiler, actions: actions, byName: map[string]int{}, byEvent: map[string]*index.Index{}}
	s.digest = sync.OnceValue(s.sum)
	return s
}

// Specs returns the actions that the set was made over, by name; a Set is a
// Catalog.
func (s *Set) Specs() []action.Spec {
	specs := make([]action.Spec, 0, len(s.actions))
	for _, name := range slices.Sorted(maps.Keys(s.actions)) {
		specs = append(specs, s.actions[name].Spec)
	}
	return specs
}

// Digest returns the hex SHA-256 of the policies in their canonical form.
func (s *Set) Digest() string { return s.digest() }

// Version returns the version of the named policy, "" if there is none.
func (s *Set) Version(name string) string {
	n, ok := s.byName[name]
	if !ok {
		return ""
	}
	return s.policies[n].Version
}

func (s *Set) sum() string {
	h := sha256.New()
	for _, c := range s.compiled {
		h.Write(c.hash[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Policies returns the policies by file and position; callers must not change
// them.
func (s *Set) Policies() []*Policy { return s.policies }

// Lookup returns the policy of that name, or nil.
func (s *Set) Lookup(name string) *Policy {
	if n, ok := s.byName[name]; ok {
		return s.policies[n]
	}
	return nil
}

// Match returns the policies that in matches, by file and position.
func (s *Set) Match(in *Input) []Match {
	matches, _ := s.Evaluate(in)
	return matches
}

// Failure is a condition that could not be evaluated for an event, so that its
// policy does not match.
type Failure struct {
	Policy *Policy
	Err    error
}

// Evaluate is Match that also returns the conditions that an error kept from
// matching.
func (s *Set) Evaluate(in *Input) ([]Match, []Failure) {
	event := webhook.Event(in.event.Type)
	x, ok := s.byEvent[event]
	if !ok {
		return nil, nil
	}
	f := in.facts()
	var few [16]int // most events have no more: they cost no memory
	hits, failed := x.Match(f, few[:0])
	matches := make([]Match, 0, len(hits))
	for _, n := range hits {
		args, err := s.arguments(n, event, f)
		matches = append(matches, Match{Policy: s.policies[n], Args: args, Err: err})
	}
	var failures []Failure
	for _, n := range failed {
		failures = append(failures, Failure{Policy: s.policies[n.Number], Err: n.Err})
	}
	return matches, failures
}

// arguments returns the arguments of each of the policy's steps for the event.
func (s *Set) arguments(n int, event string, f *condition.Facts) ([]json.RawMessage, error) {
	if static := s.compiled[n].static; static != nil {
		return static, nil
	}
	steps := s.compiled[n].steps
	args := make([]json.RawMessage, len(steps))
	for i := range steps {
		var err error
		if args[i], err = steps[i].make(event, f); err != nil {
			if len(steps) > 1 {
				err = fmt.Errorf("of step %d: %w", i+1, err)
			}
			return nil, err
		}
	}
	return args, nil
}

// Explain says why the named policy matches in or does not; fault.NotFound if
// there is no such policy.
func (s *Set) Explain(in *Input, name string) (Explanation, error) {
	n, ok := s.byName[name]
	if !ok {
		return Explanation{}, fault.New(fault.NotFound, "%s", unknown(name, s.byName))
	}
	return s.explain(in, n), nil
}

// unknown says that no policy is called name, and which one may be meant.
func unknown(name string, known map[string]int) string {
	text := fmt.Sprintf("there is no policy %q", name)
	if hint := suggest.Closest(name, slices.Collect(maps.Keys(known))); hint != "" {
		text += "; " + hint
	}
	return text
}
