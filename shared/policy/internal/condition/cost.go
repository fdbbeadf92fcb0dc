package condition

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
)

// maxCost bounds what one condition may cost for one event, in CEL's units: a
// comparison is 1, a regular expression over 64 KiB of text about 65,000. The
// bound is checked when compiling; counting while evaluating costs 1.6–4×.
const maxCost = 2_000_000

// The largest values that GitHub sends; bodies have 65,536 characters.
const (
	maxText = 65_536
	maxName = 1_024
	maxList = 100
)

// long are the fields that hold prose; all other text is a name or an address.
var long = []string{"body", "description", "message", "summary", "text", "diff_hunk", "patch", "output"}

func isLong(path []string) bool {
	return len(path) > 0 && slices.Contains(long, path[len(path)-1])
}

type sizes struct{}

// EstimateSize implements cost.Estimator.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	path := n.Path()
	switch {
	case len(path) == 0:
		return nil
	case n.Type().Kind() == cel.ListKind || n.Type().Kind() == cel.MapKind:
		return &cost.SizeEstimate{Max: maxList}
	case isLong(path):
		return &cost.SizeEstimate{Max: maxText}
	default:
		return &cost.SizeEstimate{Max: maxName}
	}
}

// EstimateCallCost implements cost.Estimator: CEL's own estimates hold.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

func tooCostly(env *cel.Env, checked *cel.Ast) *Problem {
	estimate, err := env.EstimateCost(checked, sizes{})
	if err != nil {
		return &Problem{Line: 1, Column: 1, Message: "the cost of the condition cannot be bounded: " + err.Error()}
	}
	if estimate.Max <= maxCost {
		return nil
	}
	return &Problem{
		Line: 1, Column: 1,
		Message: fmt.Sprintf("the condition may cost %d units for one event; %d are allowed", estimate.Max, maxCost),
		Hint:    "take out nested lists and regular expressions over long texts",
	}
}
