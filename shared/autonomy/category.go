// Package autonomy says how much a policy may do by itself: the levels L1 to
// L5 and the category that each gives an action. It executes nothing.
package autonomy

import (
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// The levels, from recording only to running within hard limits.
const (
	L1 = "L1" // recorded only
	L2 = "L2" // people are told; they act
	L3 = "L3" // runs after an approval
	L4 = "L4" // runs if it can be undone, else after a veto window
	L5 = "L5" // runs
)

// Category returns how an action of a policy at level is let run. An unknown
// level permits nothing but recording.
func Category(level string, reversible bool) execution.Category {
	switch level {
	case L3:
		return execution.Manual
	case L4:
		if reversible {
			return execution.Automatic
		}
		return execution.Alert
	case L5:
		return execution.Automatic
	default:
		return execution.Record
	}
}
