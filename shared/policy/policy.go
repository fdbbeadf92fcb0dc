package policy

import (
	"encoding/json"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

// Catalog lists the actions that policies may name; *action.Registry is one.
type Catalog interface{ Specs() []action.Spec }

// Level is how much a policy may do by itself: "L1" to "L5" (shared/autonomy).
type Level string

// Policy is one rule: to which events it listens, when, and what it does.
type Policy struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	File        string   `json:"file"` // within .infinity: "policies/ci.yaml"
	Line        int      `json:"line"` // where the policy begins
	On          []string `json:"on"`   // event types as written, wildcards included
	When        string   `json:"when"` // CEL
	Action      string   `json:"action"`
	Autonomy    Level    `json:"autonomy"`
	Limits      Limits   `json:"limits"`
}

// Limits bound how often a policy's action may run; nil is no bound.
type Limits struct {
	PerResource *Rate `json:"per_resource,omitempty"`
	Total       *Rate `json:"total,omitempty"`
}

// Rate is N times in Per, written "2/1h".
type Rate struct {
	N   int           `json:"n"`
	Per time.Duration `json:"per"` // nanoseconds
}

// Match is one policy that an event matched. Args are the action's arguments,
// valid against its schema; Err says why they could not be made.
type Match struct {
	Policy *Policy
	Args   json.RawMessage
	Err    error
}
