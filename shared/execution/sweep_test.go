package execution_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

func (r *rig) sweeper(page int) *execution.Sweeper {
	return &execution.Sweeper{Store: r.store, Tasks: r.tasks, Clock: r.clock, Page: page}
}

func woken(t *testing.T, r *rig) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for _, q := range r.tasks.queued {
		var body execution.TaskBody
		if err := json.Unmarshal(q.Body, &body); err != nil || q.Queue != execution.Queue {
			t.Errorf("task %+v: %v", q, err)
		}
		ids[body.Execution] = true
	}
	return ids
}

func TestSweepWakesWhatIsLate(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	put := func(id string, s execution.State, change func(*execution.Execution)) {
		x := ready(id)
		x.State, x.ToldAt = s, &x.CreatedAt
		change(&x)
		r.put(t, x)
	}
	now := start.Add(10 * time.Minute)
	due := func(at time.Time) func(*execution.Execution) {
		return func(x *execution.Execution) { x.NotBefore = at }
	}
	leased := func(until time.Time) func(*execution.Execution) {
		return func(x *execution.Execution) { x.Lease = &execution.Lease{Fence: 1, Until: until} }
	}
	put("late", execution.Ready, due(now.Add(-31*time.Second)))
	put("in-grace", execution.Ready, due(now.Add(-30*time.Second)))
	put("back-off", execution.Ready, due(now.Add(time.Minute)))
	put("window-over", execution.Waiting, due(now.Add(-time.Minute)))
	put("window-open", execution.Waiting, due(now.Add(time.Minute)))
	put("untold", execution.Waiting, func(x *execution.Execution) { x.ToldAt = nil })
	put("dead", execution.Running, leased(now.Add(-time.Minute)))
	put("alive", execution.Running, leased(now.Add(time.Second)))
	put("dead-verifying", execution.Verifying, leased(now.Add(-time.Minute)))
	put("dead-undo", execution.Reverting, leased(now.Add(-time.Minute)))
	put("undo-backs-off", execution.Reverting, leased(now.Add(time.Minute)))
	put("undo-not-taken", execution.Reverting, due(now.Add(-time.Minute)))
	put("undo-in-time", execution.Reverting, due(now.Add(time.Minute)))
	put("final", execution.Succeeded, due(start))
	put("expired", execution.Waiting, func(x *execution.Execution) { at := now.Add(-time.Minute); x.Deadline = &at })
	put("approvable", execution.Waiting, func(x *execution.Execution) { at := now.Add(time.Minute); x.Deadline = &at })
	r.clock.Advance(10 * time.Minute)
	n, err := r.sweeper(2).Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"late": true, "untold": true, "window-over": true, "dead": true, "dead-verifying": true, "expired": true, "dead-undo": true, "undo-not-taken": true}
	if diff := cmp.Diff(want, woken(t, r)); diff != "" || n != len(want) {
		t.Errorf("woken %d (-want +got):\n%s", n, diff)
	}
}

func TestSweepPagesAndSurvivesErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for i := range 25 {
		r.put(t, ready(fmt.Sprint("x", i)))
	}
	w := waiting("w", execution.Alert)
	r.put(t, w)
	r.clock.Advance(time.Hour)
	refuse := errors.New("refused")
	r.tasks.fail = func(q task.Task) error {
		if strings.HasPrefix(q.Name, "x3-") || strings.HasPrefix(q.Name, "w-") {
			return refuse
		}
		return nil
	}
	n, err := r.sweeper(4).Sweep(t.Context())
	if !errors.Is(err, refuse) || n != 24 || len(woken(t, r)) != 24 {
		t.Errorf("woke %d of 24 others, %v", n, err)
	}
	calls := 0
	r.tasks.fail = func(task.Task) error { calls++; return refuse }
	if n, err = r.sweeper(4).Sweep(t.Context()); n != 0 || err == nil || calls > 12 {
		t.Errorf("a queue that is down was called %d times: %d, %v", calls, n, err)
	}
}

func TestSweepNeedsNoFreshName(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.put(t, ready("x"))
	for range 3 { // a task that was taken and lost does not stand in the way for more than a minute
		r.clock.Advance(time.Minute)
		if _, err := r.sweeper(0).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.tasks.queued) != 3 {
		t.Errorf("%d tasks in three minutes, want 3", len(r.tasks.queued))
	}
}

func TestEnqueueNames(t *testing.T) {
	t.Parallel()
	q := &tasks{}
	x := ready("x")
	at := start
	enqueue := func() {
		if err := execution.Enqueue(t.Context(), q, x, at); err != nil {
			t.Fatal(err)
		}
	}
	enqueue()
	enqueue() // the same state at the same time is one task, and no error
	if len(q.queued) != 1 {
		t.Fatalf("%d tasks, want 1", len(q.queued))
	}
	x.State = execution.Running
	enqueue()
	x.Lease = &execution.Lease{Fence: 1}
	enqueue()
	at = at.Add(time.Second)
	enqueue()
	if len(q.queued) != 4 {
		t.Errorf("%d tasks for four reasons, want 4", len(q.queued))
	}
	for _, queued := range q.queued {
		if err := queued.Validate(); err != nil {
			t.Errorf("name %q: %v", queued.Name, err)
		}
	}
	down := errors.New("down")
	q.fail = func(task.Task) error { return down }
	if err := execution.Enqueue(t.Context(), q, x, start.Add(time.Hour)); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

func TestEffectKey(t *testing.T) {
	t.Parallel()
	base := action.Target{RepositoryID: 1, Repository: "octo/hello", Kind: "issue", ID: "12"}
	key := func(change func(*action.Target)) string {
		target := base
		change(&target)
		return execution.EffectKey("fake.act", target, "wanted")
	}
	same := key(func(*action.Target) {})
	if len(same) != 26 {
		t.Errorf("key %q has %d characters, want 26", same, len(same))
	}
	for name, change := range map[string]func(*action.Target){
		"renamed":      func(x *action.Target) { x.Repository = "octo/renamed" },
		"another hook": func(x *action.Target) { x.InstallationID = 9 },
		"author":       func(x *action.Target) { x.Author = "ann" },
	} {
		if key(change) != same {
			t.Errorf("%s: another key", name)
		}
	}
	seen := map[string]string{same: "base"}
	differ := func(name, key string) {
		if other, ok := seen[key]; ok {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[key] = name
	}
	differ("repository", key(func(x *action.Target) { x.RepositoryID = 2 }))
	differ("kind", key(func(x *action.Target) { x.Kind = "pull_request" }))
	differ("id", key(func(x *action.Target) { x.ID = "13" }))
	differ("action", execution.EffectKey("fake.actor", base, "wanted"))
	differ("state", execution.EffectKey("fake.act", base, "else"))
	differ("moved boundary", key(func(x *action.Target) { x.Kind, x.ID = "issue1", "2" }))
	differ("moved boundary of the state", execution.EffectKey("fake.act", action.Target{RepositoryID: 1, Kind: "issue", ID: "1"}, "2wanted"))
	differ("no id of the repository", key(func(x *action.Target) { x.RepositoryID = 0 }))
}

func TestPlanHash(t *testing.T) {
	t.Parallel()
	x := ready("x")
	plan := action.Plan{Effects: []action.Effect{{Verb: "merge"}}, Preconditions: map[string]string{"sha": "1"}}
	hash := func(x execution.Execution, p action.Plan) string {
		h, err := execution.PlanHash(x, p)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := hash(x, plan)
	plan.State = json.RawMessage(`{"read":1}`)
	if hash(x, plan) != base {
		t.Error("what was read counts")
	}
	plan.Preconditions = map[string]string{"sha": "2"}
	if hash(x, plan) == base {
		t.Error("a precondition does not count")
	}
	x.Args = json.RawMessage(`{"a":1}`)
	if hash(x, action.Plan{Effects: plan.Effects, Preconditions: map[string]string{"sha": "1"}}) == base {
		t.Error("the arguments do not count")
	}
}
