package execution

import (
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// next lists what each state may become. A state without an entry is final
// but for a person: uncertain waits for one.
var next = map[State][]State{
	Planned:   {Waiting, Ready, Rejected, Superseded},
	Waiting:   {Waiting, Ready, Rejected, Expired, Superseded, Succeeded, Blocked, Failed},
	Ready:     {Ready, Running, Blocked, Superseded, Rejected, Uncertain},
	Running:   {Running, Ready, Waiting, Verifying, Succeeded, Failed, Blocked, Superseded, Uncertain},
	Verifying: {Verifying, Succeeded, Failed, Uncertain, Reverting},
	Succeeded: {Reverting},
	Failed:    {Reverting},
	Uncertain: {Ready, Succeeded, Failed, Reverting},
	Reverting: {Reverting, Reverted, RevertFailed},

	RevertFailed: {Reverting},
}

// Terminal reports whether nothing but a person's request moves s any more.
func (s State) Terminal() bool {
	switch s {
	case Waiting, Ready, Running, Verifying, Reverting:
		return false
	default:
		return true
	}
}

// Leased reports whether s is held under a lease.
func (s State) Leased() bool { return s == Running || s == Verifying || s == Reverting }

// move changes x's state, or says why it cannot.
func (x *Execution) move(to State, reason string) error {
	if !slices.Contains(next[x.State], to) {
		return fault.New(fault.Conflict, "execution %s is %s%s; it cannot become %s", x.ID, x.State, because(x.Reason), to)
	}
	x.State, x.Reason = to, reason
	return nil
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
