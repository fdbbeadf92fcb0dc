package policy_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

func defaults(t *testing.T) *policy.Set {
	t.Helper()
	actions, err := action.NewRegistry(github.New(nil)...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := policy.Load(os.DirFS("../../.infinity"), actions)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func recorded(name string) ([]byte, error) {
	all, err := payloads.All()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Name() == name {
			return p.Body, nil
		}
	}
	return nil, fmt.Errorf("there is no payload %q", name)
}

func TestDefaultsDoAsTheirFixturesSay(t *testing.T) {
	t.Parallel()
	results, err := policy.RunFixtures(os.DirFS("../../.infinity"), defaults(t), recorded)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Name, f)
		}
	}
	t.Logf("%d fixtures", len(results))
}

// TestDefaultsAreEnough holds the set to what the product promises.
func TestDefaultsAreEnough(t *testing.T) {
	t.Parallel()
	set := defaults(t)
	types := map[string]bool{}
	for _, p := range set.Policies() {
		for _, on := range p.On {
			types[on] = true
		}
		if p.Description == "" || p.Limits.PerResource == nil || p.Limits.Total == nil {
			t.Errorf("policy %s lacks a description or a limit", p.Name)
		}
	}
	if len(set.Policies()) < 12 || len(types) < 10 {
		t.Errorf("%d policies on %d types", len(set.Policies()), len(types))
	}
}

// TestDefaultsNeverFailOnRecordedEvents would find a condition that trips over
// a null or an absent field of a real payload.
func TestDefaultsNeverFailOnRecordedEvents(t *testing.T) {
	t.Parallel()
	set := defaults(t)
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		typ := "com.github." + p.Event
		if p.Action != "" {
			typ += "." + p.Action
		}
		in, err := policy.NewInput(event.Event{ID: p.Name(), Type: typ, Data: p.Body})
		if err != nil {
			t.Fatal(err)
		}
		matches, failures := set.Evaluate(in)
		for _, f := range failures {
			t.Errorf("%s on %s: %v", f.Policy.Name, p.Name(), f.Err)
		}
		for _, m := range matches {
			if m.Err != nil {
				t.Errorf("%s on %s: arguments: %v", m.Policy.Name, p.Name(), m.Err)
			}
		}
	}
}
