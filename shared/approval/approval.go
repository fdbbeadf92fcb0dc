// Package approval is the question that people are asked before an execution
// may run, and who may answer it. A question is bound to one plan: when the
// plan changes, it is superseded and asked again. Moving executions is
// shared/execution's; taking answers from the channels is approval/desk's.
package approval

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

// Collection holds the approvals: one document for each time that people were
// asked, "<execution>-<round>".
const Collection = "approvals"

// State is what became of a question.
type State string

// The states. All but Pending are final.
const (
	Pending    State = "pending"
	Approved   State = "approved"
	Rejected   State = "rejected"   // refused, or vetoed
	Expired    State = "expired"    // nobody approved in time
	Unopposed  State = "unopposed"  // nobody vetoed in time
	Superseded State = "superseded" // the plan is another by now
	Withdrawn  State = "withdrawn"  // there is nothing left to be done
)

// Approval is one question.
type Approval struct {
	ID          string `json:"id"`
	ExecutionID string `json:"execution_id"`
	Round       int    `json:"round"` // from 1
	State       State  `json:"state"`
	Category    string `json:"category"` // Manual: runs if approved; Alert: runs unless vetoed

	Action         string `json:"action"`
	Policy         string `json:"policy"`
	Capability     string `json:"capability,omitempty"`
	Repository     string `json:"repository"`
	Resource       string `json:"resource"`
	InstallationID int64  `json:"installation_id"`

	// What an answer is bound to. Then are the steps after the one that is
	// planned, which it covers too.
	Plan          *action.Plan `json:"plan,omitempty"`
	Then          []Step       `json:"then,omitempty"`
	PlanHash      string       `json:"plan_hash"`
	PolicyVersion string       `json:"policy_version,omitempty"`
	SHA           string       `json:"sha,omitempty"`

	Causes  []string `json:"causes,omitempty"` // whose change or comment caused it: logins, and hashes of addresses (Address)
	Answers []Answer `json:"answers,omitempty"`

	// Telling is the execution that brings the question to people, or that
	// reminds them; "" if none does.
	Telling string `json:"telling,omitempty"`

	AskedAt    time.Time  `json:"asked_at"`
	ToldAt     *time.Time `json:"told_at,omitempty"` // when people were told; the time to answer runs from here
	DueAt      *time.Time `json:"due_at,omitempty"`  // the end of that time
	RemindedAt *time.Time `json:"reminded_at,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	EndedBy    string     `json:"ended_by,omitempty"` // actor
}

// Step is a later step of a plan of several. What it changes is planned when it
// begins; its action, resource and arguments stand.
type Step struct {
	Action   string          `json:"action"`
	Resource string          `json:"resource"`
	Args     json.RawMessage `json:"args"`
}

// Channel is how an answer came.
type Channel string

// The channels.
const (
	Gateway Channel = "gateway" // command line and dashboard
	Comment Channel = "comment" // on GitHub
	Link    Channel = "link"    // signed, single use
)

// Answer is what somebody said. Verb is what it asks for; PlanHash the plan
// that the person saw, "" if the channel shows none.
type Answer struct {
	Verb     Verb      `json:"verb"`
	By       string    `json:"by"`               // actor: "key:ana", "github:ana"
	Person   string    `json:"person,omitempty"` // of approvals.yaml
	Channel  Channel   `json:"channel"`
	Note     string    `json:"note,omitempty"`
	PlanHash string    `json:"plan_hash,omitempty"`
	At       time.Time `json:"at"`

	// Of an answer by a link: its id, which counts once, and the person who made
	// it, "" if they made it for themselves.
	Link  string `json:"link,omitempty"`
	Maker string `json:"link_made_by,omitempty"`

	Round    int      `json:"-"` // that the answer is to; 0 is the present one
	Identity Identity `json:"-"`
}

// Verb is what an answer asks for.
type Verb string

// The verbs. Reject is also the veto.
const (
	Approve Verb = "approve"
	Reject  Verb = "reject"
)

// Identity is how the channel knows who answers; empty fields are unknown.
type Identity struct {
	GitHub   string // login
	GitHubID string // GitHub's number of the account, which stays when the login changes
	Key      string // name of the API key
	Email    string
	Admin    bool   // the key's role is admin
	Bot      bool   // not a person: an App, a bot account, a service key
	Person   string // of approvals.yaml; only a link that we signed says it
}

// ID names the question of a round.
func ID(execution string, round int) string { return fmt.Sprintf("%s-%d", execution, round) }

// Approvers returns the people who approved, each once.
func (a Approval) Approvers() []string {
	var names []string
	seen := map[string]bool{}
	for _, x := range a.Answers {
		if x.Verb == Approve && !seen[x.Person] {
			seen[x.Person] = true
			names = append(names, x.Person)
		}
	}
	return names
}
