package github_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actions "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// platform carries out executions on a hub: the real machine, runner, gates and
// actions, on a virtual clock.
type platform struct {
	*hub
	store   store.Store
	clock   *clock.Virtual
	machine *execution.Machine
	runner  *execution.Runner
	due     []string // what the queue would call
}

// Enqueue implements task.Enqueuer.
func (p *platform) Enqueue(_ context.Context, t task.Task) error {
	var body execution.TaskBody
	if err := json.Unmarshal(t.Body, &body); err != nil {
		return err
	}
	p.due = append(p.due, body.Execution)
	return nil
}

func newPlatform(t *testing.T, event string, wrap func(action.Action) action.Action) *platform {
	t.Helper()
	schema, err := store.DefaultSchema()
	check(t, err)
	p := &platform{hub: newHub(t, event, nil), clock: clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	all := actions.New(p.clients)
	for i := range all {
		all[i] = wrap(all[i])
	}
	registry, err := action.NewRegistry(all...)
	check(t, err)
	p.store = memory.New(memory.Options{Schema: schema, Clock: p.clock})
	p.machine = execution.NewMachine(execution.Deps{
		Store: p.store, Clock: p.clock, Gates: []execution.Gate{control.Gate}, UndoGates: []execution.Gate{control.UndoGate}, Brakes: control.Brakes{},
	})
	p.runner = &execution.Runner{
		Machine: p.machine, Actions: registry, Tasks: p, Live: func(int64) bool { return true },
		Clock: p.clock, Log: slog.New(slog.DiscardHandler), Owner: "worker",
	}
	p.begun = len(p.Effects())
	return p
}

// execution is one that may run, of an action on the issue of the event.
func (p *platform) execution(t *testing.T, policy, name, args string) execution.Execution {
	t.Helper()
	act, err := p.runner.Actions.Lookup(name)
	check(t, err)
	target := issue(p.hub)
	target.AsOf = p.clock.Now().String()
	state, err := act.Key(target, json.RawMessage(args))
	check(t, err)
	now := p.clock.Now()
	return execution.Execution{
		ID: execution.EffectKey(name, target, state), Policy: policy, Level: "L5", Category: execution.Automatic,
		Action: name, Class: act.Spec().Class, Reversible: act.Spec().Reversible, Target: target, Args: json.RawMessage(args),
		Repository: target.Repository, Resource: target.String(), InstallationID: target.InstallationID,
		State: execution.Ready, CreatedAt: now, UpdatedAt: now, NotBefore: now,
	}
}

func (p *platform) put(t *testing.T, key store.Key, value any) {
	t.Helper()
	check(t, p.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(key, value) }))
}

// drain works off what is due, until nothing is. Workers may die on it.
func (p *platform) drain(t *testing.T) {
	t.Helper()
	for i := 0; len(p.due) > 0; i++ {
		if i > 500 {
			t.Fatal("there is no end of tasks")
		}
		id := p.due[0]
		p.due = p.due[1:]
		func() {
			defer func() {
				if recover() != nil { // the queue calls again
					p.due = append(p.due, id)
				}
			}()
			if err := p.runner.Run(t.Context(), id); err != nil {
				p.due = append(p.due, id)
			}
		}()
		p.clock.Advance(2 * time.Minute)
	}
}

// workflow stores a workflow of these executions and begins it.
func (p *platform) workflow(t *testing.T, xs ...execution.Execution) execution.Workflow {
	t.Helper()
	for i := range xs {
		xs[i].Step = i + 1
	}
	w := execution.NewWorkflow(xs)
	p.put(t, store.Key{Collection: execution.Workflows, ID: w.ID}, w)
	for _, x := range xs {
		p.put(t, store.Key{Collection: execution.Collection, ID: x.ID}, x)
	}
	p.due = append(p.due, xs[0].ID)
	p.drain(t)
	w, err := p.machine.Workflow(t.Context(), w.ID)
	check(t, err)
	return w
}

// dying is an action whose Revert kills its worker once.
type dying struct {
	action.Action
	reverter action.Reverter
	before   bool
	died     bool
	reverts  *[]string // what was begun, in order
}

func (d *dying) Revert(ctx context.Context, r action.Request, p action.Plan, res action.Result) error {
	*d.reverts = append(*d.reverts, d.Spec().Name)
	if d.before && !d.died {
		d.died = true
		panic("crash")
	}
	err := d.reverter.Revert(ctx, r, p, res)
	if !d.before && !d.died {
		d.died = true
		panic("crash")
	}
	return err
}

// probing keeps the Prober of what dies.
type probing struct {
	*dying
	action.Prober
}

// TestF15OnGitHub: the real actions, failing at step k with a crash in the
// compensation of step j: the repository is as it was before, and each undo had
// its effect once, in reverse.
func TestF15OnGitHub(t *testing.T) {
	t.Parallel()
	steps := [][2]string{
		{"github.issue.label", `{"add":["spam"],"remove":["kept"]}`},
		{"github.issue.comment", `{"body":"Closed as spam."}`},
		{"github.issue.assign", `{"assignees":["octocat"]}`},
		{"github.issue.close", `{"reason":"not_planned"}`},
	}
	for k := 1; k <= len(steps); k++ { // steps 1 to k succeed, step k+1 fails
		for j := 1; j <= k; j++ {
			for _, before := range []bool{true, false} {
				t.Run(fmt.Sprintf("fails at %d, crash in %d, before %t", k+1, j, before), func(t *testing.T) {
					t.Parallel()
					var reverts []string
					p := newPlatform(t, "issues.opened", func(a action.Action) action.Action {
						reverter, ok := a.(action.Reverter)
						if !ok {
							return a
						}
						d := &dying{Action: a, reverter: reverter, before: before, died: a.Spec().Name != steps[j-1][0], reverts: &reverts}
						if prober, ok := a.(action.Prober); ok {
							return probing{d, prober}
						}
						return d
					})
					labelled("kept")(t, p.hub)
					p.begun = len(p.Effects())
					was := p.state(t)
					var xs []execution.Execution
					for _, s := range steps[:k] {
						xs = append(xs, p.execution(t, "close-spam", s[0], s[1]))
					}
					fails := p.execution(t, "close-spam", "github.issue.label", `{"add":["late"]}`)
					fails.ID, fails.Target.ID = "fails", "999999"
					xs = append(xs, fails, p.execution(t, "close-spam", "github.issue.label", `{"add":["later"]}`))
					w := p.workflow(t, xs...)
					if w.State != execution.WorkflowUndone || len(w.Undone) != k {
						t.Fatalf("it is %s, undone %v, stands %v: %s", w.State, w.Undone, w.Stands, w.Reason)
					}
					if now := p.state(t); now != was {
						t.Errorf("before:\n%s\nafter:\n%s", was, now)
					}
					want := []string{}
					for i := k; i >= 1; i-- {
						want = append(want, steps[i-1][0])
					}
					if got := slices.Compact(slices.Clone(reverts)); !slices.Equal(got, want) {
						t.Errorf("undone in the order %v, want %v", got, want)
					}
					made := k + 1 // the label step makes two changes
					if effects := p.EffectsAfter(p.begun); len(effects) != 2*made {
						t.Errorf("%d changes, want %d made and as many undone: %v", len(effects), made, effects)
					}
				})
			}
		}
	}
}

// TestF17OnGitHub: two policies that want a label and its absence flip it three
// times, then both are frozen, and one page is raised.
func TestF17OnGitHub(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, "issues.opened", func(a action.Action) action.Action { return a })
	for i := range 30 {
		policy, args := "wants-it", `{"add":["Triage"]}`
		if i%2 == 1 {
			policy, args = "wants-it-not", `{"remove":["triage"]}`
		}
		x := p.execution(t, policy, "github.issue.label", args)
		p.put(t, store.Key{Collection: execution.Collection, ID: x.ID}, x)
		check(t, p.runner.Run(t.Context(), x.ID))
		p.clock.Advance(15 * time.Second)
	}
	if effects := p.EffectsAfter(p.begun); len(effects) != 4 {
		t.Errorf("%d changes, want one and three that flip it: %v", len(effects), effects)
	}
	for _, policy := range []string{"wants-it", "wants-it-not"} {
		if _, frozen, err := control.Frozen(t.Context(), p.store, control.Policy(policy)); err != nil || !frozen {
			t.Errorf("policy %s is frozen: %t, %v", policy, frozen, err)
		}
	}
	pages, _, err := store.List[page.Page](t.Context(), p.store, store.Query{Collection: page.Collection})
	if err != nil || len(pages) != 1 || pages[0].Kind != "fight" || pages[0].Count != 1 {
		t.Errorf("pages %+v, %v; want one", pages, err)
	}
}
