package github

import (
	"context"
	"encoding/json"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
)

type assignArgs struct {
	Assignees []string `json:"assignees"`
}

const loginsSchema = `{"type":"array","items":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\\[bot\\])?$"},"minItems":1,"maxItems":10,"uniqueItems":true}`

// assign adds assignees. Class A: assignees are a set. GitHub drops in silence
// whom it does not let be assigned; Verify tells.
// https://docs.github.com/rest/issues/assignees
type assign struct{ kit[assignArgs] }

func newAssign(c Clients) assign {
	return assign{newKit[assignArgs](c, action.Spec{
		Name: "github.issue.assign", Summary: "Assign people to an issue or pull request",
		Kind: "issue", Class: action.ClassA, Reversible: true,
		Args:        json.RawMessage(`{"type":"object","additionalProperties":false,"required":["assignees"],"properties":{"assignees":` + loginsSchema + `}}`),
		Permissions: map[string]string{"issues": "write", "pull_requests": "write"},
	})}
}

// Key includes AsOf: whom a person took off, a new event may assign again.
func (a assign) Key(t action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(canonical(args.Assignees), t.AsOf)
}

func (a assign) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	issue, _, err := j.Issues.Get(ctx, j.owner, j.repo, j.number)
	if err != nil {
		return action.Plan{}, j.fail(err)
	}
	now := logins(issue.Assignees)
	add := without(j.args.Assignees, now)
	p := action.Plan{State: state(assignArgs{add})}
	if len(add) > 0 {
		p.Effects = []action.Effect{{Verb: "assign", Field: "assignees", Before: list(now), After: list(append(now, add...))}}
	}
	return p, nil
}

func (a assign) Apply(ctx context.Context, r action.Request, p action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	var add assignArgs
	if err := read(p.State, &add); err != nil {
		return action.Result{}, err
	}
	issue, _, err := j.Issues.AddAssignees(ctx, j.owner, j.repo, j.number, add.Assignees)
	return action.Result{ID: r.Target.ID, URL: issue.GetHTMLURL()}, j.fail(err)
}

func (a assign) Verify(ctx context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	p, err := a.Plan(ctx, r)
	return settled(p, err)
}

// Revert takes off whom Apply assigned; others stay.
func (a assign) Revert(ctx context.Context, r action.Request, p action.Plan, _ action.Result) error {
	j, err := a.open(r)
	if err != nil {
		return err
	}
	var added assignArgs
	if err := read(p.State, &added); err != nil || len(added.Assignees) == 0 {
		return err
	}
	_, _, err = j.Issues.RemoveAssignees(ctx, j.owner, j.repo, j.number, added.Assignees)
	return j.fail(err)
}
