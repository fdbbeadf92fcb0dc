// Package decision answers one event: which policies match, what they propose
// at which level, and why. Rules come first; a classifier and a model are
// further steps of a policy. It executes nothing.
package decision

import (
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// Collections of the engine's documents.
const (
	Collection = "decisions"  // one for each distinct event
	Deliveries = "deliveries" // one for each delivery id
	Meanings   = "meanings"   // one for each distinct meaning (docs/adr/0007)
)

// Decision is what the engine answered to one event.
type Decision struct {
	ID             string         `json:"id"`
	EventID        string         `json:"event_id"`
	Meaning        string         `json:"meaning,omitempty"` // id of the document that remembers the event's
	EventType      string         `json:"event_type"`
	Source         string         `json:"source"`
	Subject        string         `json:"subject,omitempty"`
	Repository     string         `json:"repository"`
	RepositoryID   int64          `json:"repository_id"`
	InstallationID int64          `json:"installation_id"`
	Author         string         `json:"author,omitempty"`
	Trust          autonomy.Trust `json:"trust,omitempty"` // what the author is to the repository
	PolicyDigest   string         `json:"policy_digest"`
	AutonomyDigest string         `json:"autonomy_digest,omitempty"`
	Category       string         `json:"category"`             // the highest of its proposals; "Observe" without one
	Note           string         `json:"note,omitempty"`       // why nothing could be proposed
	Hop            int            `json:"hop,omitempty"`        // how many of our own effects in a row led to the event
	Cause          string         `json:"cause,omitempty"`      // the execution that did, of an own event
	Unanswered     []string       `json:"unanswered,omitempty"` // policies that match, but answer no own events
	Matched        int            `json:"matched"`
	Proposals      []Proposal     `json:"proposals"`
	Failures       []Failure      `json:"failures,omitempty"`
	Confidence     float64        `json:"confidence"` // 1 for rules
	DecidedAt      time.Time      `json:"decided_at"`
}

// Failure is a policy whose condition could not be evaluated; it did not match.
type Failure struct {
	Policy string `json:"policy"`
	Error  string `json:"error"`
}

// Proposal is one policy's proposal within a decision.
type Proposal struct {
	Policy      string             `json:"policy"`
	Action      string             `json:"action"`
	Level       string             `json:"level"`            // the effective one
	Bounds      []autonomy.Bound   `json:"bounds,omitempty"` // what keeps it from being higher
	Category    string             `json:"category"`
	ExecutionID string             `json:"execution_id,omitempty"`
	Note        string             `json:"note,omitempty"`    // why there is no execution
	Doubled     bool               `json:"doubled,omitempty"` // that is since another wanted the effect first
	Explanation policy.Explanation `json:"explanation"`
	// WorkflowID and Steps are of a policy that does several things; Action and
	// ExecutionID are then those of the first step.
	WorkflowID string         `json:"workflow_id,omitempty"`
	Steps      []ProposedStep `json:"steps,omitempty"`
}

// ProposedStep is one step of a proposal.
type ProposedStep struct {
	Action      string `json:"action"`
	ExecutionID string `json:"execution_id,omitempty"`
	Note        string `json:"note,omitempty"` // why it is not done again
}

// Delivery is one event as it was received.
type Delivery struct {
	ID             string    `json:"id"`       // hash of source and event id
	EventID        string    `json:"event_id"` // the source's own: GitHub's delivery id
	Source         string    `json:"source"`
	Type           string    `json:"type"`
	Subject        string    `json:"subject,omitempty"`
	Repository     string    `json:"repository"`
	RepositoryID   int64     `json:"repository_id"`
	InstallationID int64     `json:"installation_id"`
	Digest         string    `json:"digest"`
	BodyRef        string    `json:"body_ref"` // key in the blob store
	BodyBytes      int       `json:"body_bytes"`
	Hop            int       `json:"hop"`
	TraceParent    string    `json:"traceparent,omitempty"`
	DecisionID     string    `json:"decision_id"`
	DuplicateOf    string    `json:"duplicate_of,omitempty"` // another delivery of the same meaning
	ReceivedAt     time.Time `json:"received_at"`
	DecidedAt      time.Time `json:"decided_at"`
}
