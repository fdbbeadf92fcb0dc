package execution_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// A workflow counts once in its policy's limits, however many steps it has, and
// is not stopped half way by what others ran meanwhile.
func TestLimitsCountAWorkflowOnce(t *testing.T) {
	t.Parallel()
	r := newSagaRig(t, execution.LimitGate)
	for n, want := range []execution.WorkflowState{execution.WorkflowDone, execution.WorkflowDone, execution.WorkflowUndone} {
		first := ready("")
		first.Limits = execution.Limits{PerResource: &execution.Rate{N: 2, Per: 10 * time.Hour}, Total: &execution.Rate{N: 2, Per: 10 * time.Hour}}
		first.NotBefore = r.clock.Now()
		w := r.planNamed(t, fmt.Sprint("w", n, "x"), first, "s.do", "s.do", "s.do")
		w = r.finish(t, w.ID)
		if w.State != want {
			t.Errorf("workflow %d is %s (%s), want %s", n, w.State, w.Reason, want)
		}
		if want == execution.WorkflowUndone && !strings.Contains(w.Reason, "limit reached: policy p may run at most 2 times in 10 h") {
			t.Errorf("the reason is %q", w.Reason)
		}
	}
}
