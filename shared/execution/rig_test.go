package execution_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

const lease = time.Minute

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// faults fails the commits whose number (from 1) it names.
type faults struct {
	mu            sync.Mutex
	n             int
	before, after map[int]error
}

func (f *faults) Before() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	return f.before[f.n]
}

func (f *faults) After() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.after[f.n]
}

// reset arms the faults; commits count from here.
func (f *faults) reset(before, after map[int]error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n, f.before, f.after = 0, before, after
}

// tasks keeps what was queued, each name once, and can fail.
type tasks struct {
	mu     sync.Mutex
	queued []task.Task
	names  map[string]bool
	fail   func(task.Task) error
}

func (q *tasks) Enqueue(ctx context.Context, t task.Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if q.fail != nil {
		if err := q.fail(t); err != nil {
			return err
		}
	}
	if q.names[t.Name] {
		return task.ErrExists
	}
	if q.names == nil {
		q.names = map[string]bool{}
	}
	q.names[t.Name] = true
	q.queued = append(q.queued, t)
	return nil
}

func (q *tasks) last(t *testing.T) task.Task {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queued) == 0 {
		t.Fatal("nothing was queued")
	}
	return q.queued[len(q.queued)-1]
}

// rig is a machine and a runner on memory drivers and a virtual clock.
type rig struct {
	store   *memory.Store
	faults  *faults
	clock   *clock.Virtual
	tasks   *tasks
	machine *execution.Machine
	runner  *execution.Runner
}

func newRig(t *testing.T, act action.Action, gates ...execution.Gate) *rig {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{faults: &faults{}, clock: clock.NewVirtual(start), tasks: &tasks{}}
	r.store = memory.New(memory.Options{Schema: schema, Clock: r.clock, Faults: r.faults})
	r.machine = execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Gates: gates, Lease: lease})
	var actions []action.Action
	if act != nil {
		actions = append(actions, act)
	}
	registry, err := action.NewRegistry(actions...)
	if err != nil {
		t.Fatal(err)
	}
	r.runner = &execution.Runner{
		Machine: r.machine, Actions: registry, Tasks: r.tasks, Live: func(int64) bool { return true },
		Clock: r.clock, Log: slog.New(slog.DiscardHandler), Owner: "worker-1",
	}
	return r
}

// ready returns an execution that may run now.
func ready(id string) execution.Execution {
	target := action.Target{InstallationID: 7, RepositoryID: 1, Repository: "octo/hello", Kind: "issue", ID: "12"}
	return execution.Execution{
		ID: id, DecisionID: "d1", EventID: "v1", Policy: "p", Digest: "digest", Level: "L5", Category: execution.Automatic,
		Action: "fake.act", Class: action.ClassA, Target: target, Args: json.RawMessage(`{}`),
		Repository: target.Repository, Resource: target.String(), InstallationID: 7,
		State: execution.Ready, CreatedAt: start, UpdatedAt: start, NotBefore: start,
	}
}

func waiting(id string, c execution.Category) execution.Execution {
	x := ready(id)
	told := start
	x.State, x.Category, x.Round, x.ToldAt, x.PlanHash = execution.Waiting, c, 1, &told, "planned"
	if c == execution.Alert {
		x.NotBefore = start.Add(5 * time.Minute)
		return x
	}
	deadline := start.Add(time.Hour)
	x.Deadline = &deadline
	return x
}

// says is an answer; anybody counts it for its giver.
func says(v approval.Verb, by, note string) approval.Answer {
	return approval.Answer{Verb: v, By: by, Note: note, Channel: approval.Gateway}
}

func anybody(_ approval.Approval, a approval.Answer) (string, int, error) { return a.By, 1, nil }

func (r *rig) put(t *testing.T, xs ...execution.Execution) {
	t.Helper()
	for _, x := range xs {
		err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
			return tx.Put(store.Key{Collection: execution.Collection, ID: x.ID}, x)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.faults.reset(nil, nil)
}

func (r *rig) get(t *testing.T, id string) execution.Execution {
	t.Helper()
	x, err := r.machine.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// records returns the audit records of an execution in order.
func (r *rig) records(t *testing.T, id string) []audit.Record {
	t.Helper()
	list, _, err := store.List[audit.Record](t.Context(), r.store, store.Query{
		Collection: audit.Collection, OrderBy: "recorded_at", Limit: store.MaxPage,
		Where: []store.Filter{{Field: "subject", Op: store.Eq, Value: execution.Collection + "/" + id}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (r *rig) wantState(t *testing.T, id string, want execution.State) execution.Execution {
	t.Helper()
	x := r.get(t, id)
	if x.State != want {
		t.Fatalf("execution %s is %s (%s), want %s", id, x.State, x.Reason, want)
	}
	return x
}
