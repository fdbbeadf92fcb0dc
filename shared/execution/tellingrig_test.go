package execution_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// say is a comment: class B, each key once in the world. Every hook is asked
// before or after GitHub has it.
type say struct {
	said          []string // keys
	before, after func() error
}

func (*say) Spec() action.Spec {
	return action.Spec{Name: "fake.say", Kind: "issue", Class: action.ClassB, Args: json.RawMessage(`{"type":"object"}`)}
}
func (*say) Key(action.Target, json.RawMessage) (string, error) { return "said", nil }

func (s *say) Plan(_ context.Context, r action.Request) (action.Plan, error) {
	if s.has(r.Key) {
		return action.Plan{}, nil
	}
	return action.Plan{Effects: []action.Effect{{Verb: "comment", After: "hello"}}}, nil
}

func (s *say) Apply(_ context.Context, r action.Request, _ action.Plan) (action.Result, error) {
	if err := ask(s.before); err != nil {
		return action.Result{}, err
	}
	s.said = append(s.said, r.Key)
	return action.Result{ID: r.Key}, ask(s.after)
}

func (s *say) Probe(_ context.Context, r action.Request) (action.Result, bool, error) {
	return action.Result{ID: r.Key}, s.has(r.Key), nil
}

func (s *say) Verify(context.Context, action.Request, action.Result) (action.Outcome, error) {
	return action.Worked, nil
}

func (s *say) has(key string) bool { return strings.Contains(strings.Join(s.said, " "), key) }

// telling is a rig in which people are told by say.
type telling struct {
	*rig
	*say
	act *headed
}

func newTelling(t *testing.T, holds ...execution.Gate) *telling {
	t.Helper()
	w := &telling{say: &say{}, act: &headed{fake: &fake{class: action.ClassA, world: &world{}}, head: "a1"}}
	w.rig = newRig(t, nil)
	registry, err := action.NewRegistry(w.act, w.say)
	if err != nil {
		t.Fatal(err)
	}
	w.machine = execution.NewMachine(execution.Deps{
		Store: w.store, Clock: w.clock, Lease: lease, Holds: holds,
		Telling: func(x execution.Execution, q approval.Approval, reminder bool) (*execution.Execution, error) {
			id := "tell-" + q.ID
			if reminder {
				id = "remind-" + q.ID
			}
			return &execution.Execution{ID: id, Action: "fake.say", Class: action.ClassB, Target: x.Target, Args: json.RawMessage(`{}`)}, nil
		},
	})
	w.runner.Machine, w.runner.Actions = w.machine, registry
	return w
}

// pass lets d pass in steps of 10 s, in which due tasks run and, each minute,
// sweep looks; workers may die.
func (w *telling) pass(t *testing.T, d time.Duration) {
	t.Helper()
	s := execution.Sweeper{Store: w.store, Tasks: w.tasks, Clock: w.clock}
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); w.clock.Advance(10 * time.Second) {
		if w.clock.Now().Second() == 0 {
			_, _ = s.Sweep(t.Context())
		}
		due := w.tasks.take(w.clock.Now())
		for _, id := range due {
			w.try(t, id)
		}
	}
}

func (w *telling) try(t *testing.T, id string) {
	t.Helper()
	defer func() { _ = recover() }()
	_ = w.runner.Run(t.Context(), id)
}

// take takes the executions whose tasks are due off the queue.
func (q *tasks) take(now time.Time) (ids []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var left []string
	rest := q.queued[:0]
	for _, job := range q.queued {
		var body execution.TaskBody
		if job.At.After(now) || json.Unmarshal(job.Body, &body) != nil {
			rest, left = append(rest, job), append(left, job.Name)
			continue
		}
		ids = append(ids, body.Execution)
	}
	q.queued, q.names = rest, map[string]bool{}
	for _, name := range left {
		q.names[name] = true
	}
	return ids
}
