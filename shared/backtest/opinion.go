package backtest

import "github.com/InfinityXOneSystems/infinity-matrix/shared/execution"

// Opinion is what people said to an execution.
type Opinion string

// The opinions.
const (
	None      Opinion = ""          // nobody was asked, or nobody answered
	Agreed    Opinion = "agreed"    // approved, or could be vetoed and was not
	Disagreed Opinion = "disagreed" // rejected, vetoed or had undone
)

// OpinionOf reads what people said to x from its state, its answer and who
// wanted it undone. What a workflow undoes by itself is nobody's opinion.
func OpinionOf(x execution.Execution) Opinion {
	if x.Undo != nil && x.Undo.By != execution.ActorWorkflow {
		return Disagreed
	}
	switch x.State {
	case execution.Rejected:
		return Disagreed
	case execution.Planned, execution.Waiting, execution.Expired, execution.Superseded:
		return None
	}
	if x.Answer != "" && (x.Category == execution.Manual || x.Category == execution.Alert) {
		return Agreed // it got past its waiting: by an approval, or by a window that ended without a veto
	}
	return None
}
