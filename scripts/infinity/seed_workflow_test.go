package main_test

import (
	"context"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// seedWorkflows puts a workflow that is done and one that is stuck.
func seedWorkflows(st store.Store) error {
	at := time.Now().Add(-2*time.Hour - time.Minute)
	for name, states := range map[string][]execution.State{
		"done":  {execution.Succeeded, execution.Succeeded},
		"stuck": {execution.Succeeded, execution.RevertFailed, execution.Reverted, execution.Failed},
	} {
		steps, xs := make([]decision.ProposedStep, len(states)), make([]execution.Execution, len(states))
		for i := range states {
			xs[i] = execution.Execution{
				ID: "x" + string(rune('1'+i)) + name + "00000000", Step: i + 1, DecisionID: "d" + name + "0000000", EventID: "v" + name, Policy: "close-" + name,
				Action: "github.issue.label", Reversible: true, Category: execution.Automatic, State: execution.Ready,
				Target: action.Target{Repository: "octo/hello", Kind: "issue", ID: "13"}, CreatedAt: at, UpdatedAt: at, NotBefore: at,
			}
			xs[i].Repository, xs[i].Resource = "octo/hello", xs[i].Target.String()
			steps[i] = decision.ProposedStep{Action: xs[i].Action, ExecutionID: xs[i].ID}
		}
		w := execution.NewWorkflow(xs)
		w.ID, w.State = "w"+name+"0000000000", execution.WorkflowState(name)
		if name == "stuck" {
			w.Reason, w.Stands, w.Undone = "step 4 (github.issue.label) is failed; step 2 (github.issue.label) could not be undone", []int{2, 1}, []int{3}
		}
		for i, state := range states {
			xs[i].WorkflowID, xs[i].State, xs[i].Reason, xs[i].Intent, xs[i].FinishedAt = w.ID, state, "", 1, &at
			w.Steps[i].State = state
			if state == execution.Failed { // before it had an effect
				xs[i].Intent = 0
			}
		}
		d := decision.Decision{
			ID: "d" + name + "0000000", EventID: "v" + name, EventType: "com.github.issues.opened", Repository: "octo/hello", Category: "Automatic",
			Matched: 1, DecidedAt: at, Proposals: []decision.Proposal{{
				Policy: w.Policy, Action: xs[0].Action, Level: "L4", Category: "Automatic", ExecutionID: xs[0].ID, WorkflowID: w.ID, Steps: steps,
				Explanation: policy.Explanation{Policy: w.Policy, File: "policies/issues.yaml", Line: 9, Matched: true},
			}},
		}
		if err := putWorkflow(st, d, w, xs); err != nil {
			return err
		}
	}
	return nil
}

func putWorkflow(st store.Store, d decision.Decision, w execution.Workflow, xs []execution.Execution) error {
	return st.Run(context.Background(), func(_ context.Context, tx store.Tx) error {
		for _, x := range xs {
			if err := tx.Put(store.Key{Collection: execution.Collection, ID: x.ID}, x); err != nil {
				return err
			}
		}
		if err := tx.Put(store.Key{Collection: decision.Collection, ID: d.ID}, d); err != nil {
			return err
		}
		return tx.Put(store.Key{Collection: execution.Workflows, ID: w.ID}, w)
	})
}
