package main_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// delivery is what the fake GitHub calls the event it sends.
const delivery = "0b2c6f3e-1111-2222-3333-444455556666"

// story is one event with its decision and execution.
type story struct {
	event     decision.Delivery
	decision  decision.Decision
	execution execution.Execution
}

func (s story) put(ctx context.Context, st store.Store) error {
	return st.Run(ctx, func(_ context.Context, tx store.Tx) error {
		if err := tx.Put(store.Key{Collection: decision.Deliveries, ID: s.event.ID}, s.event); err != nil {
			return err
		}
		if err := tx.Put(store.Key{Collection: decision.Collection, ID: s.decision.ID}, s.decision); err != nil {
			return err
		}
		return tx.Put(store.Key{Collection: execution.Collection, ID: s.execution.ID}, s.execution)
	})
}

// seed puts one event of three hours ago, whose execution waits.
func seed(st store.Store) error {
	at := time.Now().Add(-3*time.Hour - time.Minute)
	deadline := at.Add(24 * time.Hour)
	return tell("vissue000000000", "dissue000000000", "xissue000000000", "issues.opened", at, execution.Execution{
		Policy: "label-bugs", Level: "L3", Category: execution.Manual, Action: "github.issue.label",
		Target: action.Target{Repository: "octo/hello", Kind: "issue", ID: "12"},
		State:  execution.Waiting, Round: 1, PlanHash: "planned", Reason: "waits for an approval", Deadline: &deadline,
	}, policy.Explanation{
		Policy: "label-bugs", File: "policies/issues.yaml", Line: 3, Matched: true,
		Change: "a title without \"crash\" would not match",
		Root: policy.Node{Source: `event.action == "opened" && event.issue.title.contains("crash")`, Value: "true", Children: []policy.Node{
			{Source: `event.action == "opened"`, Value: "true", Facts: map[string]any{"event.action": "opened"}},
			{Source: `event.issue.title.contains("crash")`, Value: "true", Facts: map[string]any{"event.issue.title": "a crash\x1b[2J"}},
		}},
	}).put(context.Background(), st)
}

// addRerun puts the event that the fake GitHub sends.
func addRerun(ctx context.Context, st store.Store, at time.Time) error {
	s := tell("vrun00000000000", "drun00000000000", "xrun00000000000", "workflow_run.completed", at, execution.Execution{
		Policy: "rerun-flaky-ci", Level: "L5", Category: execution.Automatic, Action: "github.workflow.rerun_failed_jobs",
		Target: action.Target{Repository: "octo/hello", Kind: "workflow_run", ID: "30433642"}, State: execution.Succeeded,
	}, policy.Explanation{Policy: "rerun-flaky-ci", File: "policies/ci.yaml", Line: 2, Matched: true, Root: policy.Node{Source: "true", Value: "true"}})
	s.event.EventID = delivery
	return s.put(ctx, st)
}

func tell(ev, dec, ex, kind string, at time.Time, x execution.Execution, why policy.Explanation) story {
	x.ID, x.DecisionID, x.EventID, x.Class, x.Args = ex, dec, ev, action.ClassA, json.RawMessage("{}")
	x.Repository, x.Resource = x.Target.Repository, x.Target.String()
	x.CreatedAt, x.UpdatedAt, x.NotBefore = at, at, at
	return story{
		event: decision.Delivery{
			ID: ev, EventID: "guid-" + ev, Type: "com.github." + kind, Repository: "octo/hello", Subject: x.Target.Kind + "/" + x.Target.ID,
			DecisionID: dec, ReceivedAt: at, DecidedAt: at,
		},
		decision: decision.Decision{
			ID: dec, EventID: ev, EventType: "com.github." + kind, Repository: "octo/hello", Author: "octocat",
			Category: string(x.Category), Matched: 1, DecidedAt: at, Proposals: []decision.Proposal{{
				Policy: x.Policy, Action: x.Action, Level: x.Level, Category: string(x.Category), ExecutionID: ex, Explanation: why,
			}},
		},
		execution: x,
	}
}
