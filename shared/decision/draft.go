package decision

import (
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// Draft is a decision that is not recorded yet, with the executions that it
// would make, and the workflows that join those of a policy with several steps.
type Draft struct {
	Decision   Decision
	Executions []execution.Execution
	Workflows  []execution.Workflow
}

// Draft decides ev, with its body in Data, as if it were now, by the policies
// in force. It reads and writes no store. Decide, Replay and back-tests
// (shared/backtest) are made of it, so that they cannot differ.
func (e *Engine) Draft(ev event.Event, now time.Time) (Draft, error) {
	in, err := policy.NewInput(ev)
	if err != nil {
		return Draft{}, err
	}
	return e.draft(ev, in, now)
}

func (e *Engine) draft(ev event.Event, in *policy.Input, now time.Time) (Draft, error) {
	d := Draft{Decision: Decision{
		ID: shortID("d", ev.Source, ev.ID), EventID: deliveryID(ev), EventType: ev.Type, Source: ev.Source,
		Subject: ev.Subject, Repository: ev.Repository, RepositoryID: ev.RepositoryID,
		InstallationID: ev.InstallationID, Hop: ev.Hop, Category: Observe, Confidence: 1, DecidedAt: now,
		Proposals: []Proposal{},
	}}
	author := autonomy.AuthorOf(ev, in)
	d.Decision.Author, d.Decision.Trust = author.Login, author.Trust
	set := e.d.Policies.Current()
	if set == nil {
		d.Decision.Note = "no policies are in force: events are recorded only; run `infinity policy validate`"
		return d, nil
	}
	matrix := e.matrix()
	if d.Decision.PolicyDigest = set.Digest(); matrix != nil {
		d.Decision.AutonomyDigest = matrix.Digest()
	}
	own := e.d.App.caused(ev, in)
	if d.Decision.Note = refused(own, ev.Hop); ev.Hop > MaxHop {
		return d, nil
	}
	matches, failures := set.Evaluate(in)
	for _, f := range failures {
		d.Decision.Failures = append(d.Decision.Failures, Failure{Policy: f.Policy.Name, Error: f.Err.Error()})
	}
	for _, m := range matches {
		if !answers(m.Policy, own, ev.Hop) {
			d.Decision.Unanswered = append(d.Decision.Unanswered, m.Policy.Name)
			continue
		}
		verdict := matrix.Effective(m.Policy.Question(m.Policy.Actions(), ev.Repository, author))
		if err := e.propose(&d, set, ev, in, m, verdict, now); err != nil {
			return Draft{}, err
		}
	}
	d.Decision.Matched = len(d.Decision.Proposals)
	return d, nil
}

// propose adds what one matched policy proposes.
func (e *Engine) propose(d *Draft, set *policy.Set, ev event.Event, in *policy.Input, m policy.Match, verdict autonomy.Verdict, now time.Time) error {
	explanation, err := set.Explain(in, m.Policy.Name)
	if err != nil {
		return fmt.Errorf("explain policy %s: %w", m.Policy.Name, err)
	}
	acts, reversible, err := e.actions(m.Policy)
	if err != nil {
		return err
	}
	category := autonomy.Category(verdict.Level, reversible)
	p := Proposal{
		Policy: m.Policy.Name, Action: m.Policy.Do[0].Action, Level: verdict.Level, Bounds: verdict.Bounds, Category: string(category),
		Explanation: explanation, Steps: proposedSteps(m.Policy),
	}
	xs, err := newExecutions(ev, in, m, acts)
	if err != nil {
		p.Note = err.Error()
	} else {
		for i := range xs {
			x := &xs[i]
			x.Level, x.Category, x.CreatedAt, x.UpdatedAt = verdict.Level, category, now, now
			x.DecisionID, x.EventID, x.Digest = d.Decision.ID, d.Decision.EventID, d.Decision.PolicyDigest
			x.Agent, x.Hop, x.Causes, x.PolicyVersion = ev.Agent(), ev.Hop, causesOf(in), m.Policy.Version
			x.Trust = string(d.Decision.Trust)
			e.schedule(x, now)
		}
		d.want(xs, &p)
		d.Decision.Category = higher(d.Decision.Category, string(category))
	}
	d.Decision.Proposals = append(d.Decision.Proposals, p)
	return nil
}

// matrix is what autonomy.yaml permits now; nil permits nothing.
func (e *Engine) matrix() *autonomy.Matrix {
	if e.d.Autonomy == nil {
		return nil
	}
	return e.d.Autonomy.Current()
}

// actions returns the actions of p's steps, and whether all can be undone: one
// that cannot makes the whole so.
func (e *Engine) actions(p *policy.Policy) (acts []action.Action, reversible bool, err error) {
	reversible = true
	for _, name := range p.Actions() {
		act, err := e.d.Actions.Lookup(name)
		if err != nil {
			return nil, false, err
		}
		acts, reversible = append(acts, act), reversible && act.Spec().Reversible
	}
	return acts, reversible, nil
}

// newExecutions resolves the policy's steps on the resources that ev names.
func newExecutions(ev event.Event, in *policy.Input, m policy.Match, acts []action.Action) ([]execution.Execution, error) {
	if m.Err != nil {
		return nil, fmt.Errorf("arguments: %w", m.Err)
	}
	xs := make([]execution.Execution, len(acts))
	for i, act := range acts {
		spec := act.Spec()
		target, err := targetOf(spec.Kind, ev, in)
		if err != nil {
			return nil, err
		}
		state, err := act.Key(target, m.Args[i])
		if err != nil {
			return nil, err
		}
		xs[i] = execution.Execution{
			ID: execution.EffectKey(spec.Name, target, state), Policy: m.Policy.Name,
			Action: spec.Name, Class: spec.Class, Reversible: spec.Reversible, Target: target, Args: m.Args[i],
			Capability: m.Policy.Capability, Removes: action.Removes(act, m.Args[i]), Limits: execution.Limits(m.Policy.Limits),
			Repository: target.Repository, Resource: target.String(), InstallationID: target.InstallationID,
		}
		for j := range i {
			if xs[j].ID == xs[i].ID {
				return nil, fault.New(fault.Invalid, "steps %d and %d are one effect on %s", j+1, i+1, target)
			}
		}
		if len(acts) > 1 {
			xs[i].Step = i + 1
		}
	}
	return xs, nil
}

// schedule gives x its first state and times, by its category.
func (e *Engine) schedule(x *execution.Execution, now time.Time) {
	switch x.NotBefore = now; x.Category {
	case execution.Automatic:
		x.State = execution.Ready
	case execution.Alert:
		x.State, x.Window = execution.Waiting, e.d.VetoWindow
		x.Reason = "runs when the veto window ends, unless somebody vetoes"
	case execution.Manual:
		x.State, x.Window, x.Remind = execution.Waiting, e.d.Approval, e.d.Remind
		x.Reason = "waits for an approval"
	default:
		x.State, x.Reason = execution.Planned, "recorded only at level "+x.Level
		x.FinishedAt = &now
	}
}

// Observe is the category of a decision that proposes nothing.
const Observe = "Observe"

// higher returns the category that lets more happen.
func higher(a, b string) string {
	rank := map[string]int{
		Observe: 0, string(execution.Record): 1, string(execution.Manual): 2,
		string(execution.Alert): 3, string(execution.Automatic): 4,
	}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
