// Package execution is the state machine of one action on its way: who holds
// it (lease and fence), what it may become next, and the records of each step.
// It decides nothing and calls no API: shared/decision makes executions, and
// the execute function drives actions through it.
package execution

import (
	"encoding/json"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// Collection holds the executions; the document id is the effect key.
const Collection = "executions"

// State is where an execution is.
type State string

// The states, as the design draws them.
const (
	Planned      State = "planned"       // recorded only (level L1 or L2), or a later step of a workflow
	Waiting      State = "waiting"       // for a veto window or an approval
	Ready        State = "ready"         // may be claimed
	Running      State = "running"       // claimed under a lease
	Verifying    State = "verifying"     // the effect is made and is being read back
	Succeeded    State = "succeeded"     //
	Failed       State = "failed"        //
	Rejected     State = "rejected"      // a person said no, or vetoed
	Expired      State = "expired"       // nobody answered in time
	Superseded   State = "superseded"    // what was approved is no longer what would be done
	Blocked      State = "blocked"       // freeze, limit, dry run, permission
	Uncertain    State = "uncertain"     // class C in doubt: a person decides
	Reverting    State = "reverting"     //
	Reverted     State = "reverted"      //
	RevertFailed State = "revert_failed" //
)

// Category says how an execution is let run.
type Category string

// The categories.
const (
	Record    Category = "Record"    // L1 and L2: nothing runs
	Manual    Category = "Manual"    // runs after an approval
	Alert     Category = "Alert"     // runs unless vetoed within the window
	Automatic Category = "Automatic" // runs
)

// Lease says who holds a running execution. Fence grows with every claim; a
// write that carries an older fence is refused.
type Lease struct {
	Owner string    `json:"owner"`
	Fence int64     `json:"fence"`
	Until time.Time `json:"until"`
}

// Execution is the document.
type Execution struct {
	ID         string   `json:"id"`
	DecisionID string   `json:"decision_id"`
	EventID    string   `json:"event_id"`
	Policy     string   `json:"policy"`
	Digest     string   `json:"policy_digest"`
	Level      string   `json:"level"`    // L1 to L5, the effective one
	Category   Category `json:"category"` //

	// Capability is the one of the ten (shared/autonomy) that the policy works
	// for, and Causes are the logins whose change or comment caused the event:
	// none of them may approve.
	Capability string   `json:"capability,omitempty"`
	Causes     []string `json:"causes,omitempty"`
	Trust      string   `json:"trust,omitempty"` // what the event's author is to the repository
	Agent      string   `json:"agent,omitempty"` // which of our own agents' findings the event is; "" if none
	Hop        int      `json:"hop,omitempty"`   // of the event: how many of our own effects led to it

	// WorkflowID names the workflow that the execution is step Step of, from 1;
	// "" for a policy that does one thing. Previous is the execution that it
	// comes after; "" for the first, which is what is approved and what limits
	// count. Following are the steps after it: an approval covers them.
	WorkflowID string      `json:"workflow_id,omitempty"`
	Step       int         `json:"step,omitempty"`
	Previous   string      `json:"previous,omitempty"`
	Following  []Following `json:"following,omitempty"`

	// Tells is the question that the execution brings to people, as an effect of
	// the platform's own: it has no policy and no capability, so that none of
	// their limits counts it. "" for all others.
	Tells string `json:"tells,omitempty"`

	Action     string          `json:"action"`
	Class      action.Class    `json:"class"`
	Reversible bool            `json:"reversible,omitempty"` // the action can undo its effect
	Target     action.Target   `json:"target"`
	Args       json.RawMessage `json:"args"`
	Limits     Limits          `json:"limits"`
	// Removes: with these arguments the action takes something away.
	Removes bool `json:"removes,omitempty"`

	// Repository, Resource and InstallationID repeat Target, as index fields.
	Repository     string `json:"repository"`
	Resource       string `json:"resource"`
	InstallationID int64  `json:"installation_id"`

	State    State        `json:"state"`
	Reason   string       `json:"reason,omitempty"` // why it is where it is, for people
	Answer   string       `json:"answer,omitempty"` // what ended its waiting: a person or a timer
	Attempt  int          `json:"attempt"`
	Intent   int          `json:"intent"`          // the last attempt whose effect may have been made; 0 if none
	Looks    int          `json:"looks,omitempty"` // how often reading back was begun again
	Lease    *Lease       `json:"lease,omitempty"`
	Plan     *action.Plan `json:"plan,omitempty"`
	PlanHash string       `json:"plan_hash,omitempty"`
	// Round counts how often people were asked; ApprovedHash is the plan's hash
	// that their answer is bound to.
	Round        int    `json:"round,omitempty"`
	ApprovedHash string `json:"approved_hash,omitempty"`
	// PolicyVersion is the policy's text that the plan was made under. Window is
	// how long people have to answer from ToldAt on; at RemindAt they are
	// reminded.
	PolicyVersion string         `json:"policy_version,omitempty"`
	Window        time.Duration  `json:"window,omitempty"` // nanoseconds
	Remind        time.Duration  `json:"remind,omitempty"` // before the end; 0 is never
	ToldAt        *time.Time     `json:"told_at,omitempty"`
	RemindAt      *time.Time     `json:"remind_at,omitempty"`
	Result        *action.Result `json:"result,omitempty"`
	// Outcome is what became of the effect that was tried; "" while nothing was,
	// and when an effect that worked was undone.
	Outcome action.Outcome `json:"outcome,omitempty"`
	Undo    *Undo          `json:"undo,omitempty"` // the last time that undoing it was begun
	DryRun  bool           `json:"dry_run,omitempty"`
	Held    bool           `json:"held,omitempty"` // it has begun, and a freeze holds it up

	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	NotBefore  time.Time  `json:"not_before_at"`         // veto window's end, or the back-off's
	Deadline   *time.Time `json:"deadline_at,omitempty"` // when a waiting approval expires
	StartedAt  *time.Time `json:"started_at,omitempty"`  // first claim: what limits count
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

// Following is a later step of the same workflow.
type Following struct {
	Execution string          `json:"execution"`
	Action    string          `json:"action"`
	Target    action.Target   `json:"target"`
	Args      json.RawMessage `json:"args"`
}

// Undo is an effect on its way to be undone.
type Undo struct {
	By     string    `json:"by"`     // who wanted it: a person, or ActorWorkflow
	Reason string    `json:"reason"` //
	At     time.Time `json:"wanted_at"`
	Claims int       `json:"claims"` // how often a worker took it
	Tries  int       `json:"tries"`  // how often it was begun, each time with an intent before
}

// Limits bound how often a policy's action may run; the claim checks them.
type Limits struct {
	PerResource *Rate `json:"per_resource,omitempty"`
	Total       *Rate `json:"total,omitempty"`
}

// Rate is N times in a length of time.
type Rate = rate.Rate

// Due returns when the execution has something to do next: to run, or to
// expire, or to ask, tell or remind people.
func (x *Execution) Due() time.Time {
	switch {
	case x.State != Waiting:
		return x.NotBefore
	case x.ToldAt == nil:
		return x.UpdatedAt
	case x.RemindAt != nil:
		return *x.RemindAt
	case x.Deadline != nil:
		return *x.Deadline
	default:
		return x.NotBefore
	}
}
