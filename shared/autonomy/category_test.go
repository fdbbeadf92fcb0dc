package autonomy_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

func TestCategory(t *testing.T) {
	t.Parallel()
	for level, want := range map[string][2]execution.Category{ // not reversible, reversible
		autonomy.L1: {execution.Record, execution.Record},
		autonomy.L2: {execution.Record, execution.Record},
		autonomy.L3: {execution.Manual, execution.Manual},
		autonomy.L4: {execution.Alert, execution.Automatic},
		autonomy.L5: {execution.Automatic, execution.Automatic},
		"":          {execution.Record, execution.Record},
		"L6":        {execution.Record, execution.Record},
		"l5":        {execution.Record, execution.Record},
	} {
		for i, reversible := range []bool{false, true} {
			if got := autonomy.Category(level, reversible); got != want[i] {
				t.Errorf("level %q, reversible %t: %s, want %s", level, reversible, got, want[i])
			}
		}
	}
}
