package backtest

import (
	"context"
	"maps"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// tally adds up cases, in the order of their events.
type tally struct {
	deps     Deps
	request  Request
	ledger   *ledger
	report   Report
	byPolicy map[string]*PolicyReport
	examples int
}

// maxExamples bounds the report over all policies.
const maxExamples = 1_000

func newTally(d Deps, r Request) *tally {
	return &tally{
		deps: d, request: r, ledger: newLedger(r.Since), byPolicy: map[string]*PolicyReport{},
		report: Report{Since: r.Since, Until: r.Until, Policies: []PolicyReport{}},
	}
}

// answers are what one policy made of an event then and makes of it now, and
// the execution that it would have now.
type answers struct {
	policy    string
	then, now Answer
	execution *execution.Execution // of several steps the first, which limits count; nil: none of its own
}

// add adds one event.
func (t *tally) add(ctx context.Context, c loaded) error {
	all, err := t.answers(c)
	if err != nil {
		return err
	}
	t.report.Events++
	d := c.draft.Decision
	if t.report.Digest, t.report.Trust = d.PolicyDigest, d.AutonomyDigest; d.PolicyDigest == "" {
		t.report.Note = d.Note
	}
	changed := false
	for _, a := range all {
		opinion := c.opinion(a)
		stopped := a.execution != nil && !t.ledger.start(*a.execution, opinion)
		if t.request.Policy != "" && t.request.Policy != a.policy {
			continue
		}
		refused, err := t.ask(ctx, a.execution)
		if err != nil {
			return err
		}
		p := t.of(a.policy)
		p.count(a, opinion, stopped, refused)
		kind := Compare(a.then, a.now)
		changed = changed || kind != ""
		if (kind != "" || t.request.Event != "") && len(p.Examples) < t.request.Examples && t.examples < maxExamples {
			t.examples++
			p.Examples = append(p.Examples, Example{
				Event: c.delivery.ID, Type: c.delivery.Type, Resource: c.resource(a), Kind: kind,
				Then: a.then.String(), Now: a.now.String(), Opinion: opinion, Refused: refused,
			})
		}
	}
	if changed {
		t.report.Changed++
	}
	return nil
}

// answers settles c's draft on what was replayed before, and sets it beside
// what was decided, by policy.
func (t *tally) answers(c loaded) ([]answers, error) {
	settled, err := c.draft.Settle(func(id string) (execution.Execution, error) {
		return t.ledger.known(id, c)
	})
	if err != nil {
		return nil, err
	}
	for _, x := range settled.Executions {
		t.ledger.take(x)
	}
	own := byPolicy(settled.Executions)
	then, now := answersOf(c.then, c.thenOwn()), answersOf(settled.Decision, own)
	names := maps.Clone(now)
	maps.Copy(names, then)
	all := make([]answers, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a := answers{policy: name, then: then[name], now: now[name]}
		if len(own[name]) > 0 {
			a.execution = &own[name][0]
		}
		all = append(all, a)
	}
	return all, nil
}

// ask says what would keep x from running now.
func (t *tally) ask(ctx context.Context, x *execution.Execution) (string, error) {
	if x == nil || t.deps.Ask == nil || x.Category == execution.Record {
		return "", nil
	}
	return t.deps.Ask(ctx, *x)
}

func (t *tally) of(name string) *PolicyReport {
	p, ok := t.byPolicy[name]
	if !ok {
		p = &PolicyReport{Policy: name}
		t.byPolicy[name] = p
	}
	return p
}

// done returns the report.
func (t *tally) done() Report {
	for _, name := range slices.Sorted(maps.Keys(t.byPolicy)) {
		t.report.Policies = append(t.report.Policies, *t.byPolicy[name])
	}
	return t.report
}

// count adds one event's answers to p.
func (p *PolicyReport) count(a answers, opinion Opinion, stopped bool, refused string) {
	if a.then.Wants {
		p.Then++
	}
	if a.now.Wants {
		p.Now++
	}
	if kind := Compare(a.then, a.now); kind != "" {
		if p.Changes == nil {
			p.Changes = map[Kind]int{}
		}
		p.Changes[kind]++
	}
	if refused != "" {
		p.Refused++
	}
	switch {
	case !a.now.Wants:
		return
	case a.execution == nil:
		p.Doubled++
		return
	case stopped:
		p.Stopped++
		return
	case a.execution.Category == execution.Record:
		p.Records++
	case a.execution.Category == execution.Manual:
		p.Asks++
	default:
		p.Runs++
	}
	switch opinion {
	case Agreed:
		p.Agreed++
	case Disagreed:
		p.Disagreed++
	}
}
