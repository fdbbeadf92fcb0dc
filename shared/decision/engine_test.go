package decision_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func TestLevelsGiveStatesAndTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		level, do string
		category  execution.Category
		state     execution.State
		due       time.Duration // when its task is; -1 for none
	}{
		{"L1", "fake.final", execution.Record, execution.Planned, -1},
		{"L2", "fake.undoable", execution.Record, execution.Planned, -1},
		{"L3", "fake.undoable", execution.Manual, execution.Waiting, 0},
		{"L4", "fake.undoable", execution.Automatic, execution.Ready, 0},
		{"L4", "fake.final", execution.Alert, execution.Waiting, 0},
		{"L5", "fake.final", execution.Automatic, execution.Ready, 0},
	} {
		t.Run(c.level+" "+c.do, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, one("p", c.do, c.level, ", limits: {per_resource: 2/1h, total: 20/24h}"))
			d := r.decide(t, opened("1"))
			if d.Category != string(c.category) || d.Matched != 1 || d.Author != "ann" || d.Confidence != 1 {
				t.Errorf("decided %+v", d)
			}
			x := r.execution(t, d.Proposals[0].ExecutionID)
			if x.State != c.state || x.Category != c.category || x.Level != c.level {
				t.Errorf("it is %s, %s, %s; want %s, %s", x.State, x.Category, x.Level, c.state, c.category)
			}
			want := execution.Limits{PerResource: &execution.Rate{N: 2, Per: time.Hour}, Total: &execution.Rate{N: 20, Per: 24 * time.Hour}}
			if diff := cmp.Diff(want, x.Limits); diff != "" {
				t.Errorf("limits (-want +got):\n%s", diff)
			}
			if (x.Window != 0) != (c.state == execution.Waiting) || (x.FinishedAt != nil) != (c.state == execution.Planned) {
				t.Errorf("window %v, finished %v", x.Window, x.FinishedAt)
			}
			if c.due < 0 {
				if len(r.queue.tasks) != 0 {
					t.Errorf("what is only recorded was queued: %v", r.queue.tasks)
				}
				return
			}
			if len(r.queue.tasks) != 1 {
				t.Fatalf("%d tasks, want 1", len(r.queue.tasks))
			}
			for _, q := range r.queue.tasks {
				if !q.At.Equal(start.Add(c.due)) {
					t.Errorf("queued for %s, want %s", q.At, start.Add(c.due))
				}
			}
		})
	}
}

// TestOneDecisionForEachEvent is abuse case S2: the same id, and a new id with
// the same body, have no second effect.
func TestOneDecisionForEachEvent(t *testing.T) {
	t.Parallel()
	hooked := opened("2") // the same change through an App's hook
	hooked.Data = bytes.Replace(hooked.Data, []byte(`{"action"`), []byte(`{"installation":{"id":7},"action"`), 1)
	for name, c := range map[string]struct {
		second     event.Event
		deliveries int
		records    int
	}{
		"the same id":             {opened("1"), 1, 2},
		"the same under a new id": {opened("2"), 2, 3},
		"through another hook":    {hooked, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, one("p", "fake.final", "L5", ""))
			first := r.decide(t, opened("1"))
			r.wantCounts(t, 1, 1, 1, 2)
			r.clock.Advance(48 * time.Hour)
			if diff := cmp.Diff(first, r.decide(t, c.second)); diff != "" {
				t.Errorf("another decision (-first +second):\n%s", diff)
			}
			r.wantCounts(t, c.deliveries, 1, 1, c.records)
			if len(r.queue.tasks) != 1 {
				t.Errorf("%d tasks, want 1", len(r.queue.tasks))
			}
			if c.deliveries == 2 {
				list, _, err := store.List[decision.Delivery](t.Context(), r.store, store.Query{
					Collection: decision.Deliveries, OrderBy: "received_at", Where: []store.Filter{{Field: "event_id", Op: store.Eq, Value: "2"}},
				})
				if err != nil || len(list) != 1 || list[0].DuplicateOf != first.EventID || list[0].DecisionID != first.ID {
					t.Errorf("the second delivery is recorded as %+v, %v", list, err)
				}
			}
		})
	}
}

// F4 in small: 50 deliveries at once, with one id and with an id each.
func TestConcurrentDeliveries(t *testing.T) {
	t.Parallel()
	for _, ids := range []int{1, 50} {
		t.Run(fmt.Sprint(ids), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, one("p", "fake.final", "L5", "")+one("q", "fake.undoable", "L3", ""))
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					for {
						_, err := r.engine.Decide(t.Context(), opened(fmt.Sprint(i%ids)))
						if errors.Is(err, store.ErrConflict) {
							continue // delivered again
						}
						if err != nil {
							t.Error(err)
						}
						return
					}
				})
			}
			wg.Wait()
			r.wantCounts(t, ids, 1, 2, 3+ids-1)
			if len(r.queue.tasks) != 2 {
				t.Errorf("%d tasks, want 2", len(r.queue.tasks))
			}
		})
	}
}

func TestOneEffectForTwoPolicies(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L5", "")+one("q", "fake.final", "L5", ""))
	d := r.decide(t, opened("1"))
	r.wantCounts(t, 1, 1, 1, 2)
	if p := d.Proposals; len(p) != 2 || p[0].Note != "" || p[1].Note != "policy p of this decision wants the same effect" || p[0].ExecutionID != p[1].ExecutionID {
		t.Errorf("proposals %+v", p)
	}
	second := r.decide(t, issue("2", "12", `,"body":"the title was edited"`))
	r.wantCounts(t, 2, 2, 1, 3)
	if note := second.Proposals[0].Note; note != "decision "+d.ID+" wanted the same effect before; it is ready" {
		t.Errorf("the note is %q", note)
	}
	if len(r.queue.tasks) != 1 {
		t.Errorf("%d tasks, want 1", len(r.queue.tasks))
	}
}

func TestNoPoliciesObserve(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	d := r.decide(t, opened("1"))
	if d.Category != decision.Observe || d.Note == "" || len(d.Proposals) != 0 {
		t.Errorf("decided %+v", d)
	}
	r.wantCounts(t, 1, 1, 0, 1)
	if _, err := r.engine.Explain(t.Context(), d.EventID, "p"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("explain without policies: %v", err)
	}
}

func TestProposalsWithoutExecution(t *testing.T) {
	t.Parallel()
	long := `  - {name: p, on: com.github.issues.opened, do: {action: fake.final, with: {text: "${event.issue.title}"}}, capability: error-recovery, autonomy: L5}` + "\n"
	for name, c := range map[string]struct {
		policies string
		ev       event.Event
		note     string
	}{
		"arguments do not fit":  {long, issue("1", "12", `,"title_was":1`), ""},
		"an effect without key": {one("p", "fake.final", "L5", ""), issue("1", "13", ""), "issue 13 cannot be named"},
		"no such resource":      {one("p", "fake.workflow_run", "L5", ""), opened("1"), "names no workflow_run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.note == "" { // the title is longer than the action takes
				c.ev.Data = bytes.Replace(c.ev.Data, []byte(`"title":"t"`), []byte(`"title":"`+strings.Repeat("x", 21)+`"`), 1)
				c.note = "arguments: "
			}
			r := newRig(t, c.policies)
			d := r.decide(t, c.ev)
			if len(d.Proposals) != 1 || d.Proposals[0].ExecutionID != "" || !strings.Contains(d.Proposals[0].Note, c.note) {
				t.Errorf("proposals %+v, want a note with %q", d.Proposals, c.note)
			}
			if d.Category != decision.Observe {
				t.Errorf("category %s for what runs nothing", d.Category)
			}
			r.wantCounts(t, 1, 1, 0, 1)
		})
	}
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	for name, crash := range map[string]func(*rig){
		"before the commit":           func(r *rig) { r.faults.before = errLost },
		"after the commit":            func(r *rig) { r.faults.after = errLost },
		"between commit and queueing": func(r *rig) { r.queue.down = errLost },
	} {
		for _, again := range []string{"1", "2"} {
			t.Run(name+", delivered again as "+again, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, one("p", "fake.final", "L5", ""))
				crash(r)
				if _, err := r.engine.Decide(t.Context(), opened("1")); !errors.Is(err, errLost) {
					t.Fatalf("got %v: the event would be acknowledged", err)
				}
				if name == "before the commit" {
					r.wantCounts(t, 0, 0, 0, 0)
				} else {
					r.wantCounts(t, 1, 1, 1, 2)
				}
				r.queue.down = nil
				r.decide(t, opened(again))
				if r.count(t, execution.Collection) != 1 || len(r.queue.tasks) != 1 {
					t.Errorf("%d executions, %d tasks, want 1 of each", r.count(t, execution.Collection), len(r.queue.tasks))
				}
			})
		}
	}
}

// A delivery that comes again after the execution has expired, which may be
// another decision's and older, is answered like the first.
func TestComesAgainAfterTheExecutionExpired(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L5", ""))
	first := r.decide(t, opened("1"))
	if err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Delete(store.Key{Collection: execution.Collection, ID: first.Proposals[0].ExecutionID})
	}); err != nil {
		t.Fatal(err)
	}
	if again := r.decide(t, opened("1")); again.ID != first.ID {
		t.Errorf("decided %s, then %s", first.ID, again.ID)
	}
}
