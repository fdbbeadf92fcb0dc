package decision

import (
	"fmt"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// Draft is a decision that is not recorded yet, with the executions that it
// would make.
type Draft struct {
	Decision   Decision
	Executions []execution.Execution
}

// Draft decides ev, with its body in Data, as if it were now, by the policies
// in force. It reads and writes no store. Decide, Replay and back-tests
// (shared/backtest) are made of it, so that they cannot differ.
func (e *Engine) Draft(ev event.Event, now time.Time) (Draft, error) {
	in, err := policy.NewInput(ev)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{Decision: Decision{
		ID: shortID("d", ev.Source, ev.ID), EventID: deliveryID(ev), EventType: ev.Type, Source: ev.Source,
		Subject: ev.Subject, Repository: ev.Repository, RepositoryID: ev.RepositoryID,
		InstallationID: ev.InstallationID, Category: Observe, Confidence: 1, DecidedAt: now,
		Proposals: []Proposal{},
	}}
	d.Decision.Author, _ = in.String("sender.login")
	set := e.d.Policies.Current()
	if set == nil {
		d.Decision.Note = "no policies are in force: events are recorded only; run `infinity policy validate`"
		return d, nil
	}
	d.Decision.PolicyDigest = set.Digest()
	matches, failures := set.Evaluate(in)
	for _, f := range failures {
		d.Decision.Failures = append(d.Decision.Failures, Failure{Policy: f.Policy.Name, Error: f.Err.Error()})
	}
	for _, m := range matches {
		if err := e.propose(&d, set, ev, in, m, now); err != nil {
			return Draft{}, err
		}
	}
	d.Decision.Matched = len(d.Decision.Proposals)
	return d, nil
}

// propose adds what one matched policy proposes.
func (e *Engine) propose(d *Draft, set *policy.Set, ev event.Event, in *policy.Input, m policy.Match, now time.Time) error {
	explanation, err := set.Explain(in, m.Policy.Name)
	if err != nil {
		return fmt.Errorf("explain policy %s: %w", m.Policy.Name, err)
	}
	act, err := e.d.Actions.Lookup(m.Policy.Action)
	if err != nil {
		return err
	}
	spec, level := act.Spec(), string(m.Policy.Autonomy)
	category := autonomy.Category(level, spec.Reversible)
	p := Proposal{Policy: m.Policy.Name, Action: spec.Name, Level: level, Category: string(category), Explanation: explanation}
	x, err := newExecution(ev, in, m, act)
	if err != nil {
		p.Note = err.Error()
	} else {
		x.Level, x.Category, x.CreatedAt, x.UpdatedAt = level, category, now, now
		x.DecisionID, x.EventID, x.Digest = d.Decision.ID, d.Decision.EventID, d.Decision.PolicyDigest
		x.Agent = ev.Agent()
		e.schedule(&x, now)
		p.ExecutionID = x.ID
		d.want(x, &p)
		d.Decision.Category = higher(d.Decision.Category, string(category))
	}
	d.Decision.Proposals = append(d.Decision.Proposals, p)
	return nil
}

// want adds the execution that p proposes. Of two policies that want the same
// effect the one that was granted more has it, and the other says so.
func (d *Draft) want(x execution.Execution, p *Proposal) {
	i := slices.IndexFunc(d.Executions, func(other execution.Execution) bool { return other.ID == x.ID })
	switch {
	case i < 0:
		d.Executions = append(d.Executions, x)
	case higher(string(d.Executions[i].Category), string(x.Category)) == string(d.Executions[i].Category):
		p.Note = sameEffect(d.Executions[i].Policy)
	default:
		for j := range d.Decision.Proposals {
			if d.Decision.Proposals[j].ExecutionID == x.ID {
				d.Decision.Proposals[j].Note = sameEffect(x.Policy)
			}
		}
		d.Executions[i] = x
	}
}

func sameEffect(name string) string {
	return "policy " + name + " of this decision wants the same effect"
}

// newExecution resolves the policy's action on the resource that ev names.
func newExecution(ev event.Event, in *policy.Input, m policy.Match, act action.Action) (execution.Execution, error) {
	if m.Err != nil {
		return execution.Execution{}, fmt.Errorf("arguments: %w", m.Err)
	}
	spec := act.Spec()
	target, err := targetOf(spec.Kind, ev, in)
	if err != nil {
		return execution.Execution{}, err
	}
	state, err := act.Key(target, m.Args)
	if err != nil {
		return execution.Execution{}, err
	}
	return execution.Execution{
		ID: execution.EffectKey(spec.Name, target, state), Policy: m.Policy.Name,
		Action: spec.Name, Class: spec.Class, Target: target, Args: m.Args, Limits: limitsOf(m.Policy),
		Repository: target.Repository, Resource: target.String(), InstallationID: target.InstallationID,
	}, nil
}

func limitsOf(p *policy.Policy) execution.Limits {
	var l execution.Limits
	if r := p.Limits.PerResource; r != nil {
		l.PerResource = &execution.Rate{N: r.N, Per: r.Per}
	}
	if r := p.Limits.Total; r != nil {
		l.Total = &execution.Rate{N: r.N, Per: r.Per}
	}
	return l
}

// schedule gives x its first state and times, by its category.
func (e *Engine) schedule(x *execution.Execution, now time.Time) {
	switch x.NotBefore = now; x.Category {
	case execution.Automatic:
		x.State = execution.Ready
	case execution.Alert:
		x.State, x.NotBefore = execution.Waiting, now.Add(e.d.VetoWindow)
		x.Reason = "runs when the veto window ends, unless somebody vetoes"
	case execution.Manual:
		deadline := now.Add(e.d.Approval)
		x.State, x.Deadline = execution.Waiting, &deadline
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
