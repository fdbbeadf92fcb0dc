package decision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Gates are what every claim asks, in this order; execute claims by them, and
// back-tests say by them what would be stopped now. Those that count are last.
func Gates(p Policies, a autonomy.Source) []execution.Gate {
	return []execution.Gate{
		control.Gate, PolicyGate(p, a), execution.LimitGate, execution.CoolGate, autonomy.LimitGate(a), autonomy.ShareGate(a),
	}
}

// PolicyGate refuses what the configuration in force no longer permits: the
// policy is gone or does something else, or the policy, its capability or the
// trust of the event's author permits less than when x was decided. While there
// are no policies or no autonomy.yaml in force it refuses everything.
func PolicyGate(p Policies, a autonomy.Source) execution.Gate {
	return func(_ context.Context, _ store.Tx, x execution.Execution, _ time.Time) (string, error) {
		set := p.Current()
		if set == nil {
			return "no policies are in force", nil
		}
		of := set.Lookup(x.Policy)
		switch {
		case of == nil:
			return "policy " + x.Policy + " is gone", nil
		case set.Digest() != x.Digest && !doesStill(of.Actions(), x):
			return "policy " + x.Policy + " now does " + strings.Join(of.Actions(), ", "), nil
		}
		author := autonomy.Author{Login: x.Target.Author, Trust: autonomy.Trust(x.Trust)}
		now := a.Current().Effective(of.Question(actionsOf(x), x.Repository, author))
		if now.Level < x.Level {
			return fmt.Sprintf("it was decided at %s, and now %s", x.Level, now.Why()), nil
		}
		return "", nil
	}
}

// actionsOf are what x does, and what follows it.
func actionsOf(x execution.Execution) []string {
	names := []string{x.Action}
	for _, f := range x.Following {
		names = append(names, f.Action)
	}
	return names
}

// doesStill reports whether a policy that does actions would do x, and after it
// what was to follow.
func doesStill(actions []string, x execution.Execution) bool {
	rest := actions[min(max(x.Step-1, 0), len(actions)):]
	if len(rest) == 0 || rest[0] != x.Action || (x.Step == 0 && len(rest) > 1) {
		return false
	}
	for _, f := range x.Following { // steps that another decision had done are not among them
		i := slices.Index(rest[1:], f.Action)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}
