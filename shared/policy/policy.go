package policy

import (
	"encoding/json"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
)

// Catalog lists the actions that policies may name; *action.Registry is one.
type Catalog interface{ Specs() []action.Spec }

// Level is how much a policy may do by itself: "L1" to "L5" (shared/autonomy).
type Level string

// Policy is one rule: to which events it listens, when, and what it does.
type Policy struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	File        string   `json:"file"`       // within .infinity: "policies/ci.yaml"
	Line        int      `json:"line"`       // where the policy begins
	On          []string `json:"on"`         // event types as written, wildcards included
	When        string   `json:"when"`       // CEL
	Do          []Step   `json:"do"`         // in order, at least one
	Capability  string   `json:"capability"` // what it works for, one of autonomy.Capabilities
	Autonomy    Level    `json:"autonomy"`
	// OwnEvents lets the policy answer what the platform itself caused, too;
	// shared/decision bounds how often in a row.
	OwnEvents bool   `json:"own_events,omitempty"`
	Limits    Limits `json:"limits"`
	// Version is the hex SHA-256 of the policy's canonical form: another text is
	// another version.
	Version string `json:"version"`
}

// Step is one action that a policy does, with its arguments as they are
// written: text may hold ${ }.
type Step struct {
	Action string         `json:"action"`
	With   map[string]any `json:"with,omitempty"`
}

// Actions returns the names of the policy's actions, in order.
func (p *Policy) Actions() []string {
	names := make([]string, len(p.Do))
	for i, s := range p.Do {
		names[i] = s.Action
	}
	return names
}

// Question asks autonomy.yaml how much p may do of actions because of author.
func (p *Policy) Question(actions []string, repository string, author autonomy.Author) autonomy.Question {
	return autonomy.Question{
		Policy: p.Name, Level: string(p.Autonomy), Capability: p.Capability, Actions: actions, Repository: repository, Author: author,
	}
}

// Limits bound how often a policy may run; nil is no bound.
type Limits struct {
	PerResource *Rate `json:"per_resource,omitempty"`
	Total       *Rate `json:"total,omitempty"`
}

// Match is one policy that an event matched. Args are the arguments of each of
// its steps, valid against the action's schema; Err says why they could not be
// made. Callers must not change them: matches of one policy may share them.
type Match struct {
	Policy *Policy
	Args   []json.RawMessage
	Err    error
}
