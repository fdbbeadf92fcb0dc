package github

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// rerun runs the failed jobs of a workflow run again. Class B: GitHub checks
// no precondition, but each rerun raises run_attempt, so a probe sees whether
// the attempt after the event's was begun, by us or by anybody. What is left
// is a worker that stalls between that look and the call: GitHub refuses it
// while the new attempt runs. https://docs.github.com/rest/actions/workflow-runs
type rerun struct{ kit[nothing] }

func newRerun(c Clients) rerun {
	return rerun{newKit[nothing](c, action.Spec{
		Name: "github.workflow.rerun_failed_jobs", Summary: "Run the failed jobs of a workflow run again",
		Kind: "workflow_run", Class: action.ClassB, Settle: time.Second, Args: json.RawMessage(noArgs),
		Permissions: map[string]string{"actions": "write"},
	})}
}

// Key is the attempt that failed; the run is the target.
func (a rerun) Key(t action.Target, raw json.RawMessage) (string, error) {
	if _, err := a.args(raw); err != nil {
		return "", err
	}
	return key("after attempt", t.ID, t.AsOf)
}

// again is a rerun that is wanted: the run as it is, and the event's attempt.
type again struct {
	job[nothing]
	run     *gh.WorkflowRun
	attempt int
}

func (a rerun) look(ctx context.Context, r action.Request) (again, error) {
	j, err := a.open(r)
	if err != nil {
		return again{}, err
	}
	id, err := strconv.ParseInt(r.Target.ID, 10, 64)
	if err != nil {
		return again{}, fault.New(fault.Invalid, "%q is no id of a workflow run", r.Target.ID)
	}
	attempt, err := strconv.Atoi(r.Target.AsOf)
	if err != nil || attempt < 1 {
		return again{}, fault.New(fault.Invalid, "the event does not say which attempt of run %d it tells of", id)
	}
	run, _, err := j.Actions.GetWorkflowRunByID(ctx, j.owner, j.repo, id)
	return again{job: j, run: run, attempt: attempt}, j.fail(err)
}

func (a rerun) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	g, err := a.look(ctx, r)
	if err != nil || g.run.GetRunAttempt() > g.attempt {
		return action.Plan{}, err // begun already
	}
	failed := []string{"failure", "timed_out", "cancelled", "startup_failure"}
	switch {
	case g.run.GetStatus() != "completed":
		return action.Plan{}, g.conflict("it is still running")
	case !slices.Contains(failed, g.run.GetConclusion()):
		return action.Plan{}, nil // nothing failed
	}
	return action.Plan{
		Effects: []action.Effect{{
			Verb: "rerun failed jobs", Field: "attempt", Before: fmt.Sprintf("attempt %d: %s", g.attempt, g.run.GetConclusion()),
			After: fmt.Sprintf("attempt %d", g.attempt+1),
		}},
		Preconditions: map[string]string{"run_attempt": strconv.Itoa(g.attempt)},
	}, nil
}

func (a rerun) Apply(ctx context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	g, err := a.look(ctx, r)
	if err != nil {
		return action.Result{}, err
	}
	if g.run.GetRunAttempt() != g.attempt {
		return action.Result{}, g.conflict("it was run again meanwhile")
	}
	_, err = g.Actions.RerunFailedJobsByID(ctx, g.owner, g.repo, g.run.GetID())
	if err = g.fail(err); fault.Is(err, fault.Forbidden) { // a permission, or "already running"
		if now, look := a.look(ctx, r); look == nil && now.run.GetStatus() != "completed" {
			return action.Result{}, g.conflict("it is running already")
		}
	}
	return reran(g.run), err
}

// Probe implements action.Prober.
func (a rerun) Probe(ctx context.Context, r action.Request) (action.Result, bool, error) {
	g, err := a.look(ctx, r)
	return reran(g.run), err == nil && g.run.GetRunAttempt() > g.attempt, err
}

func (a rerun) Verify(ctx context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	_, found, err := a.Probe(ctx, r)
	switch {
	case err != nil:
		return action.Unknown, err
	case found:
		return action.Worked, nil
	}
	return action.Failed, nil
}

func reran(run *gh.WorkflowRun) action.Result {
	return action.Result{ID: strconv.FormatInt(run.GetID(), 10), URL: run.GetHTMLURL()}
}
