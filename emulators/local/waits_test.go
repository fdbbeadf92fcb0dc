package local_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestPeopleAreTold: what waits is told where the platform was started, and by
// one comment on GitHub, whose event nothing answers.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	asked := make(chan approval.Approval, 100)
	info, _ := startWith(t, local.Config{
		Policies: filepath.Join("..", "..", ".infinity"), Echo: true, Asked: func(q approval.Approval) { asked <- q },
	})
	trigger(t, info.GitHub, "pull_request_review.update")
	var q approval.Approval
	select {
	case q = <-asked:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told")
	}
	if q.ToldAt == nil || q.DueAt == nil || q.Telling == "" {
		t.Fatalf("told of %+v", q)
	}
	var own []decision.Decision
	until(t, 20*time.Second, "the event of the comment", func() bool {
		own = slices.DeleteFunc(list[decision.Decision](t, info.Endpoint, "/v1/decisions"), func(d decision.Decision) bool {
			return !strings.HasSuffix(d.EventType, "issue_comment.created")
		})
		return len(own) == 1
	})
	if own[0].Cause != q.Telling || own[0].Matched > 0 || own[0].Hop <= decision.MaxHop {
		t.Errorf("the event of the comment: %+v", own[0])
	}
	var tells execution.Execution
	get(t, info.Endpoint, "/v1/executions/"+q.Telling, &tells)
	if tells.State != execution.Succeeded || tells.Tells != q.ID {
		t.Errorf("what tells is %s (%s) and tells of %s", tells.State, tells.Reason, tells.Tells)
	}
}
