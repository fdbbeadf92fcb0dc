package decision_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// act is a fake action that works on one kind of resource and is never called.
type act struct {
	action.Action
	spec action.Spec
}

func (a act) Spec() action.Spec { return a.spec }

func (act) Key(t action.Target, args json.RawMessage) (string, error) {
	if t.ID == "13" {
		return "", fault.New(fault.Invalid, "issue 13 cannot be named")
	}
	return t.AsOf + string(args), nil
}

var registry = sync.OnceValues(func() (*action.Registry, error) {
	var actions []action.Action
	args := json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"text":{"type":"string","maxLength":20}}}`)
	for name, reversible := range map[string]bool{"fake.undoable": true, "fake.final": false} {
		actions = append(actions, act{spec: action.Spec{
			Name: name, Summary: "a fake", Kind: "issue", Class: action.ClassA, Reversible: reversible, Args: args,
		}})
	}
	for _, kind := range []string{"pull_request", "workflow_run", "commit", "repository"} {
		actions = append(actions, act{spec: action.Spec{Name: "fake." + kind, Summary: "a fake", Kind: kind, Class: action.ClassB, Args: args}})
	}
	return action.NewRegistry(actions...)
})

// queue keeps tasks by name; down refuses all of them.
type queue struct {
	mu     sync.Mutex
	tasks  map[string]task.Task
	down   error
	called int
}

func (q *queue) Enqueue(_ context.Context, t task.Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.called++
	if q.down != nil {
		return q.down
	}
	if _, ok := q.tasks[t.Name]; ok {
		return task.ErrExists
	}
	q.tasks[t.Name] = t
	return nil
}

// fixed is one set of policies.
type fixed struct{ set *policy.Set }

func (f fixed) Current() *policy.Set { return f.set }

// lost answers the first commit with an error, which stands nevertheless if
// after is set.
type lost struct {
	mu            sync.Mutex
	before, after error
}

func take(mu *sync.Mutex, err *error) error {
	mu.Lock()
	defer mu.Unlock()
	e := *err
	*err = nil
	return e
}

func (l *lost) Before() error { return take(&l.mu, &l.before) }
func (l *lost) After() error  { return take(&l.mu, &l.after) }

type rig struct {
	store  *memory.Store
	faults *lost
	blobs  *blobmemory.Store
	clock  *clock.Virtual
	queue  *queue
	engine *decision.Engine
	deps   decision.Deps
}

func files(policies string) fstest.MapFS {
	return fstest.MapFS{"policies/test.yaml": {Data: []byte("policies:\n" + policies), ModTime: start}}
}

// one is a policy on opened issues.
func one(name, do, level, more string) string {
	return fmt.Sprintf("  - {name: %s, on: com.github.issues.opened, do: %s, capability: error-recovery, autonomy: %s%s}\n", name, do, level, more)
}

func load(t *testing.T, fsys fs.FS) *policy.Set {
	t.Helper()
	actions, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	set, err := policy.Load(fsys, actions)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func newRig(t *testing.T, policies string) *rig {
	t.Helper()
	var set *policy.Set
	if policies != "" {
		set = load(t, files(policies))
	}
	actions, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: clock.NewVirtual(start), queue: &queue{tasks: map[string]task.Task{}}, faults: &lost{}}
	r.blobs = blobmemory.New(r.clock)
	r.store = memory.New(memory.Options{Schema: schema, Clock: r.clock, Faults: r.faults})
	r.deps = decision.Deps{
		Store: r.store, Blobs: r.blobs, Tasks: r.queue, Policies: fixed{set}, Autonomy: autonomytest.Everything(), Actions: actions, Clock: r.clock,
		Log: slog.New(slog.DiscardHandler), VetoWindow: 5 * time.Minute, Approval: 24 * time.Hour,
	}
	r.engine = decision.NewEngine(r.deps)
	return r
}

// opened is the delivery of "issue 12 was opened".
func opened(id string) event.Event { return issue(id, "12", "") }

func issue(id, number, more string) event.Event {
	body := fmt.Sprintf(`{"action":"opened","issue":{"number":%s,"title":"t","updated_at":"2026-03-01T11:59:00Z"%s},`+
		`"repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"ann"}}`, number, more)
	sum := sha256.Sum256([]byte(body))
	return event.Event{
		ID: id, Source: "https://github.com/octo/hello", Type: "com.github.issues.opened", Subject: "issues/" + number,
		Time: start, Repository: "octo/hello", RepositoryID: 1, InstallationID: 7, Digest: hex.EncodeToString(sum[:]), Data: []byte(body),
	}
}

func (r *rig) decide(t *testing.T, ev event.Event) decision.Decision {
	t.Helper()
	d, err := r.engine.Decide(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *rig) count(t *testing.T, collection string) int {
	t.Helper()
	page, err := r.store.Query(t.Context(), store.Query{Collection: collection, Limit: store.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Documents)
}

func (r *rig) wantCounts(t *testing.T, deliveries, decisions, executions, records int) {
	t.Helper()
	for c, want := range map[string]int{
		decision.Deliveries: deliveries, decision.Collection: decisions, execution.Collection: executions, audit.Collection: records,
	} {
		if got := r.count(t, c); got != want {
			t.Errorf("%d documents in %s, want %d", got, c, want)
		}
	}
}

func (r *rig) execution(t *testing.T, id string) execution.Execution {
	t.Helper()
	x, err := store.Get[execution.Execution](t.Context(), r.store, store.Key{Collection: execution.Collection, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

var errLost = errors.New("lost")

// put stores value under its key.
func (r *rig) put(t *testing.T, collection, id string, value any) {
	t.Helper()
	err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: collection, ID: id}, value)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// planOf is a plan with one effect.
func planOf(after string) action.Plan {
	return action.Plan{Effects: []action.Effect{{Verb: "put", After: after}}}
}
