// Package backtest says what policies would have answered to the events that
// were recorded, against what was decided then: what is new, gone or another,
// what the policies' limits would have stopped, and what people said to it.
// It decides nothing by itself: each answer is an Engine's draft, the one that
// live decisions are made of. It writes nothing. It knows no files: whoever
// calls it has made the Engine of them (docs/adr/0016).
package backtest

import (
	"context"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Engine answers events; *decision.Engine is one.
type Engine interface {
	// Recorded returns the event of a delivery with its body; an error that
	// wraps blob.ErrNotFound if the body is no longer kept.
	Recorded(ctx context.Context, d decision.Delivery) (event.Event, error)
	Draft(ev event.Event, now time.Time) (decision.Draft, error)
}

// Deps is what a back-test stands on.
type Deps struct {
	Store  store.Reader
	Engine Engine
	// Ask says what would keep an execution from running now (freezes, limits),
	// or "". Nil asks nobody.
	Ask     func(ctx context.Context, x execution.Execution) (refusal string, err error)
	Workers int // how many events are decided at once; 0 means 1
}

// Request says which events are looked at, and how much is told of them.
type Request struct {
	Since    time.Time // received not before this
	Until    time.Time // and before this
	Limit    int       // no more than this many, the newest; 0 is all
	Policy   string    // tell of this policy only; "" is all
	Examples int       // how many changes of each policy are shown

	// Event is the id of one event, which is decided as if it came at Until;
	// then every answer to it is an example, also where nothing changes.
	Event string
}

// Progress says how far a back-test has come.
type Progress struct {
	Events int     `json:"events"` // looked at so far
	Share  float64 `json:"share"`  // of the time that is looked at, 0 to 1
}

// Report is what a back-test found.
type Report struct {
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Digest string    `json:"policy_digest"`             // of the policies that were run
	Trust  string    `json:"autonomy_digest,omitempty"` // and of the autonomy.yaml
	Note   string    `json:"note,omitempty"`            // why they could propose nothing

	Events     int `json:"events"`      // decided again
	Duplicates int `json:"duplicates"`  // told of a change that another event told of before; left out
	BodiesGone int `json:"bodies_gone"` // no longer kept; left out
	Unreadable int `json:"unreadable"`  // cannot be decided at all; left out
	Changed    int `json:"changed"`     // events on which some policy answers otherwise

	Policies []PolicyReport `json:"policies"` // that answered then or now, by name
}

// PolicyReport is what became of one policy.
type PolicyReport struct {
	Policy  string       `json:"policy"`
	Then    int          `json:"then"` // events on which it wanted something then
	Now     int          `json:"now"`  // and now
	Changes map[Kind]int `json:"changes,omitempty"`

	Runs    int `json:"runs"`    // executions that would run (Automatic, or Alert that nobody vetoed)
	Asks    int `json:"asks"`    // executions that people would be asked about (Manual)
	Records int `json:"records"` // executions that would only be recorded (L1, L2)
	Doubled int `json:"doubled"` // wanted an effect that was wanted before: no execution
	Stopped int `json:"stopped"` // by the policy's own limits, replayed in the events' order
	Refused int `json:"refused"` // what freezes and limits would stop now; only if they were asked
	// What people said to those of Runs, Asks and Records that they were asked
	// about: approved, or could veto and did not; rejected, vetoed or reverted.
	Agreed    int `json:"agreed"`
	Disagreed int `json:"disagreed"`

	Examples []Example `json:"examples,omitempty"`
}

// Example is one event on which a policy answers otherwise.
type Example struct {
	Event    string  `json:"event_id"`
	Type     string  `json:"event_type"`
	Resource string  `json:"resource"`
	Kind     Kind    `json:"kind"`
	Then     string  `json:"then"`
	Now      string  `json:"now"`
	Opinion  Opinion `json:"opinion,omitempty"`
	Refused  string  `json:"refused,omitempty"`
}

// Same reports whether nothing changes.
func (r *Report) Same() bool { return r.Changed == 0 }
