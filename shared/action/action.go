// Package action is the registry of what the platform can do. An action plans,
// applies, verifies and, where it can, reverts one effect on one resource. It
// takes no decision and keeps no state: shared/execution drives it.
package action

import (
	"context"
	"encoding/json"
	"time"
)

// Class says what makes an action safe to try again (docs/adr/0006).
type Class string

// The classes.
const (
	ClassA Class = "A" // natural key or precondition at the target: retry freely
	ClassB Class = "B" // probe for the hidden marker, then act
	ClassC Class = "C" // at most once; in doubt a human decides
)

// Spec describes an action to policies, people and the model.
type Spec struct {
	Name        string            // "github.issue.label"
	Summary     string            // one line
	Kind        string            // of resource it works on: "issue", "pull_request", "workflow_run", "commit" or "repository"
	Class       Class             //
	Reversible  bool              // Revert undoes the effect
	Removes     bool              // the effect takes something away: removal limits count it (see Remover)
	Settle      time.Duration     // how long the effect is let stabilise before it is read back; 0 reads at once
	Args        json.RawMessage   // JSON Schema (2020-12) of the arguments, an object without additional properties
	Permissions map[string]string // GitHub App permissions needed: {"issues": "write"}
}

// Target is the resource an action works on, as an event named it.
type Target struct {
	InstallationID int64  `json:"installation_id,omitempty"`
	RepositoryID   int64  `json:"repository_id,omitempty"`
	Repository     string `json:"repository"`       // "owner/name"
	Kind           string `json:"kind"`             // "issue", "pull_request", "workflow_run", "commit", "repository"
	ID             string `json:"id,omitempty"`     // issue or pull-request number, run id, commit SHA, tag
	SHA            string `json:"sha,omitempty"`    // head SHA the event told of, for preconditions
	AsOf           string `json:"as_of,omitempty"`  // the resource's version at the event (updated_at, run attempt)
	Author         string `json:"author,omitempty"` // login that caused the event
}

// String returns "owner/name issue 12".
func (t Target) String() string {
	if t.ID == "" {
		return t.Repository
	}
	return t.Repository + " " + t.Kind + " " + t.ID
}

// Request is one effect that is wanted.
type Request struct {
	Key    string          // the effect key: the execution's id
	Target Target          //
	Args   json.RawMessage // valid against Spec.Args
	// Since is when the effect may first have been begun, so that a probe need
	// not look further back; zero if that is not known.
	Since time.Time
}

// Effect is one change that a plan would make.
type Effect struct {
	Verb   string `json:"verb"`            // "add label", "merge"
	Field  string `json:"field,omitempty"` // what of the resource is changed: "state", "label:bug"; "" for what is only added
	Before string `json:"before"`          // as a person reads it; "" if there was nothing
	After  string `json:"after"`
}

// Plan is what an action would change now. No Effects means that the world is
// already as wanted. State is what Apply and Revert need of what was read.
type Plan struct {
	Effects       []Effect          `json:"effects"`
	Preconditions map[string]string `json:"preconditions,omitempty"` // {"sha": "…"}: checked by the target where it can
	State         json.RawMessage   `json:"state,omitempty"`
}

// Result is what Apply made.
type Result struct {
	URL   string          `json:"url,omitempty"` // where a person sees it
	ID    string          `json:"id,omitempty"`  // the target's id of what was made
	State json.RawMessage `json:"state,omitempty"`
}

// Outcome is what Verify found.
type Outcome string

// The outcomes.
const (
	Worked  Outcome = "worked"
	Failed  Outcome = "did_not"
	Unknown Outcome = "unknown"
)

// Action is one kind of effect. Errors carry a fault kind: Conflict when a
// precondition no longer holds (the plan is stale), NotFound when the resource
// is gone, Forbidden when a permission is missing, Exhausted and Unavailable
// when the same request may succeed later. ctx carries a deadline that ends
// inside the execution's lease.
type Action interface {
	Spec() Spec
	// Key returns the target state that, with the action's name and the target,
	// identifies the effect: equal keys are one effect. It reads nothing.
	Key(t Target, args json.RawMessage) (string, error)
	// Plan reads the world and says what Apply would change. It writes nothing.
	Plan(ctx context.Context, r Request) (Plan, error)
	// Apply makes the effect under the plan's preconditions.
	Apply(ctx context.Context, r Request, p Plan) (Result, error)
	// Verify reads the effect back.
	Verify(ctx context.Context, r Request, res Result) (Outcome, error)
}

// Prober is an action of class B: Probe looks for the effect that an earlier
// try may have made.
type Prober interface {
	Probe(ctx context.Context, r Request) (res Result, found bool, err error)
}

// Renewer is an action on a target that moves on: Renew returns it as it is now
// (its head SHA), for people to be asked about that instead.
type Renewer interface {
	Renew(ctx context.Context, r Request) (Target, error)
}

// Reverter is an action that can undo its effect; undoing twice is harmless.
type Reverter interface {
	Revert(ctx context.Context, r Request, p Plan, res Result) error
}

// Remover is an action that takes something away with some arguments only.
type Remover interface {
	Removes(args json.RawMessage) bool
}

// Removes says whether a takes something away when it is called with args.
func Removes(a Action, args json.RawMessage) bool {
	if r, ok := a.(Remover); ok {
		return r.Removes(args)
	}
	return a.Spec().Removes
}
