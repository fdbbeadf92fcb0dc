package github

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

type labelArgs struct {
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

// label adds and removes labels. Class A: an issue's labels are a set, so
// adding what is there and removing what is not change nothing.
// https://docs.github.com/rest/issues/labels
type label struct{ kit[labelArgs] }

func newLabel(c Clients) label {
	const names = `{"type":"array","items":{"type":"string","minLength":1,"maxLength":50},"minItems":1,"maxItems":20,"uniqueItems":true}`
	return label{newKit[labelArgs](c, action.Spec{
		Name: "github.issue.label", Summary: "Add labels to an issue or pull request, or remove them",
		Kind: "issue", Class: action.ClassA, Reversible: true, Removes: true,
		Args: json.RawMessage(`{"type":"object","additionalProperties":false,"minProperties":1,"properties":{"add":` + names + `,"remove":` + names + `}}`),
		// GitHub asks for the one on issues, for the other on pull requests.
		Permissions: map[string]string{"issues": "write", "pull_requests": "write"},
	})}
}

// Key includes AsOf: after a person took the label off, a new event may add it.
func (a label) Key(t action.Target, raw json.RawMessage) (string, error) {
	args, err := a.args(raw)
	if err != nil {
		return "", err
	}
	return key(canonical(args.Add), canonical(args.Remove), t.AsOf)
}

// Removes implements action.Remover. Arguments that cannot be read may remove.
func (a label) Removes(raw json.RawMessage) bool {
	args, err := a.args(raw)
	return err != nil || len(args.Remove) > 0
}

func (a label) Plan(ctx context.Context, r action.Request) (action.Plan, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Plan{}, err
	}
	now, err := j.labels(ctx)
	if err != nil {
		return action.Plan{}, err
	}
	// The labels that will change: what Apply changes and Revert changes back.
	change := labelArgs{Add: without(without(j.args.Add, j.args.Remove), now), Remove: within(j.args.Remove, now)}
	p := action.Plan{State: state(change)}
	for _, name := range change.Add {
		p.Effects = append(p.Effects, action.Effect{Verb: "add label", Field: labelField(name), After: name})
	}
	for _, name := range change.Remove {
		p.Effects = append(p.Effects, action.Effect{Verb: "remove label", Field: labelField(name), Before: name})
	}
	return p, nil
}

// labelField names a label as a field of its issue; GitHub ignores its case.
func labelField(name string) string { return "label:" + strings.ToLower(name) }

func (a label) Apply(ctx context.Context, r action.Request, p action.Plan) (action.Result, error) {
	j, err := a.open(r)
	if err != nil {
		return action.Result{}, err
	}
	var change labelArgs
	if err := read(p.State, &change); err != nil {
		return action.Result{}, err
	}
	return action.Result{ID: r.Target.ID}, j.change(ctx, change.Add, change.Remove)
}

func (a label) Verify(ctx context.Context, r action.Request, _ action.Result) (action.Outcome, error) {
	p, err := a.Plan(ctx, r)
	return settled(p, err)
}

// Revert takes off what was put on, and the other way round.
func (a label) Revert(ctx context.Context, r action.Request, p action.Plan, _ action.Result) error {
	j, err := a.open(r)
	if err != nil {
		return err
	}
	var change labelArgs
	if err := read(p.State, &change); err != nil {
		return err
	}
	return j.change(ctx, change.Remove, change.Add)
}

// labels lists the labels that the issue has.
func (l *job[T]) labels(ctx context.Context) ([]string, error) {
	issue, _, err := l.Issues.Get(ctx, l.owner, l.repo, l.number)
	if err != nil {
		return nil, l.fail(err)
	}
	var names []string
	for _, x := range issue.Labels {
		names = append(names, x.GetName())
	}
	return names, nil
}

func (l *job[T]) change(ctx context.Context, add, remove []string) error {
	if len(add) > 0 {
		if _, _, err := l.Issues.AddLabelsToIssue(ctx, l.owner, l.repo, l.number, add); err != nil {
			return l.fail(err)
		}
	}
	for _, name := range remove {
		_, err := l.Issues.RemoveLabelForIssue(ctx, l.owner, l.repo, l.number, url.PathEscape(name))
		if err = l.fail(err); fault.Is(err, fault.NotFound) { // the label, or the whole issue
			_, err = l.labels(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settled turns a fresh plan into an outcome: nothing left to do means that it
// worked.
func settled(p action.Plan, err error) (action.Outcome, error) {
	switch {
	case err != nil:
		return action.Unknown, err
	case len(p.Effects) == 0:
		return action.Worked, nil
	default:
		return action.Failed, nil
	}
}

func logins(users []*gh.User) []string {
	var out []string
	for _, u := range users {
		out = append(out, u.GetLogin())
	}
	return out
}
