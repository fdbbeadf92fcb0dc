package sim

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Faults are what goes wrong, each with the probability (0 to 1) that it does
// at one step. The zero value lets everything go well.
type Faults struct {
	Kill float64 // the process dies, before or after a durable step; anywhere else just so
	Stop float64 // the process stands still for 1.5 to 3 leases, as under SIGSTOP

	StopAtCall float64 // the same, between the last look and a call that changes something

	Aborted     float64 // a commit loses and is run again, as Firestore's clients do
	Unavailable float64 // a call of the store, bus, queue or blobs fails and leaves nothing behind
	TimedOut    float64 // it fails, and has taken place

	Duplicate float64 // a message or a task is delivered twice at once
	LateAck   float64 // the acknowledgement comes after its deadline
	Redeliver float64 // a message comes ten times more, later

	TaskLost, TaskLate float64

	GitHubDown  float64 // answers 502 and does nothing
	GitHubLost  float64 // does it, and the answer is lost
	GitHubSlow  float64 // does it only after the client has given up
	GitHubLimit float64 // 403 or 429 with Retry-After
	TokenDeath  float64 // the token is no good from now on

	Skew     time.Duration // each process's clock is off by up to this, either way
	StepBack float64       // the process's clock goes back by up to ten minutes
}

// kind is what a step does. Only durable ones are counted by a script.
type kind int

const (
	read    kind = iota // of the store, a blob
	commit              // of a transaction
	publish             //
	enqueue             //
	put                 // of a blob
	look                // a GET at GitHub
	change              // a request to GitHub that changes something
)

func (k kind) durable() bool { return k != read && k != look }

// fate is what happens at a step.
type fate int

const (
	goOn fate = iota
	killBefore
	killAfter
	stop
	abort
	refuse // fails, not done
	lose   // done, and fails
	slow   // fails, and is done later
	limit
	deadToken
)

// Errors that faults give.
var (
	errDied        = errors.New("the process died")
	errAborted     = errors.New("ABORTED")
	errUnavailable = fault.New(fault.Unavailable, "UNAVAILABLE (injected)")
	errTimedOut    = fault.New(fault.Unavailable, "DEADLINE_EXCEEDED after it took place (injected)")
)

// chance is one fate and how likely it is.
type chance struct {
	p float64
	f fate
}

// chances lists what may happen at a step of kind k.
func (f Faults) chances(k kind) []chance {
	list := []chance{{f.Kill / 2, killBefore}, {f.Kill / 2, killAfter}, {f.Stop, stop}}
	if k == change {
		list = append(list, chance{f.StopAtCall, stop})
	}
	switch k {
	case look:
		return append(list, chance{f.GitHubDown, refuse}, chance{f.GitHubLost, lose}, chance{f.GitHubLimit, limit}, chance{f.TokenDeath, deadToken})
	case change:
		return append(list, chance{f.GitHubDown, refuse}, chance{f.GitHubLost, lose}, chance{f.GitHubSlow, slow}, chance{f.GitHubLimit, limit}, chance{f.TokenDeath, deadToken})
	case commit:
		return append(list, chance{f.Aborted, abort}, chance{f.Unavailable, refuse}, chance{f.TimedOut, lose})
	case read:
		return append(list, chance{f.Unavailable, refuse})
	default:
		return append(list, chance{f.Unavailable, refuse}, chance{f.TimedOut, lose})
	}
}

func (f Faults) draw(dice *rand.Rand, k kind) fate {
	x := dice.Float64()
	for _, c := range f.chances(k) {
		if x -= c.p; x < 0 {
			return c.f
		}
	}
	return goOn
}
