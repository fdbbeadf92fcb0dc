package github

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type dispatchArgs struct {
	Workflow string            `json:"workflow"`
	Ref      string            `json:"ref"`
	Inputs   map[string]string `json:"inputs"`
}

// dispatch starts a workflow. Class C: GitHub answers 204 without saying which
// run it started, takes no key, and shows no caller's mark on the run; a second
// call starts a second run. https://docs.github.com/rest/actions/workflows
type dispatch struct{ kit[dispatchArgs] }

func newDispatch(c Clients) dispatch {
	return dispatch{newKit[dispatchArgs](c, action.Spec{
		Name: "github.workflow.dispatch", Summary: "Start a workflow by hand, with inputs",
		Kind: "repository", Class: action.ClassC, Settle: 2 * time.Second, // until GitHub lists the run
		Args: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["workflow","ref"],"properties":{
			"workflow":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._ -]{0,99}\\.ya?ml$"},
			"ref":{"type":"string","minLength":1,"maxLength":255},
			"inputs":{"type":"object","maxProperties":10,"additionalProperties":{"type":"string","maxLength":10000}}}}`),
		Permissions: map[string]string{"actions": "write"},
	})}
}

// Key includes the occasion: each event may start the workflow once.
func (a dispatch) Key(t action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(args.Workflow, args.Ref, args.Inputs, t.SHA, t.AsOf)
}

// Plan always has an effect: whether a run was started cannot be seen.
func (a dispatch) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	w, _, err := j.Actions.GetWorkflowByFileName(ctx, j.owner, j.repo, url.PathEscape(j.args.Workflow))
	if err != nil {
		return action.Plan{}, j.fail(err)
	}
	if w.GetState() != "active" {
		return action.Plan{}, j.conflict("workflow " + j.args.Workflow + " is disabled")
	}
	return action.Plan{Effects: []action.Effect{{Verb: "start workflow", After: j.args.Workflow + " on " + j.args.Ref}}}, nil
}

// started is when GitHub took the dispatch, by its own clock.
type started struct {
	At time.Time `json:"at"`
}

func (a dispatch) Apply(ctx context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	event := gh.CreateWorkflowDispatchEventRequest{Ref: j.args.Ref}
	if len(j.args.Inputs) > 0 {
		event.Inputs = map[string]any{}
		for name, value := range j.args.Inputs {
			event.Inputs[name] = value
		}
	}
	resp, err := j.Actions.CreateWorkflowDispatchEventByFileName(ctx, j.owner, j.repo, url.PathEscape(j.args.Workflow), event)
	if err != nil {
		return action.Result{}, j.fail(err)
	}
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return action.Result{ID: j.args.Workflow}, nil //nolint:nilerr // started; Verify will say that it cannot tell
	}
	return action.Result{ID: j.args.Workflow, State: state(started{at})}, nil
}

// Verify looks for a run that was started since. It cannot tell ours from
// another's of the same second, but none means that ours is not there yet.
func (a dispatch) Verify(ctx context.Context, r action.Request, res action.Result) (action.Outcome, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Unknown, err
	}
	var since started
	if err := read(res.State, &since); err != nil || since.At.IsZero() {
		return action.Unknown, err
	}
	runs, _, err := j.Actions.ListWorkflowRunsByFileName(ctx, j.owner, j.repo, url.PathEscape(j.args.Workflow), &gh.ListWorkflowRunsOptions{
		Event: "workflow_dispatch", Created: ">=" + since.At.Format(time.RFC3339), ListOptions: gh.ListOptions{PerPage: 1},
	})
	switch {
	case err != nil:
		return action.Unknown, j.fail(err)
	case len(runs.WorkflowRuns) > 0:
		return action.Worked, nil
	}
	return action.Failed, fault.New(fault.Unavailable, "GitHub shows no run of %s yet", strconv.Quote(j.args.Workflow))
}
