package decision_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func TestBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L5", ""))
	ev := opened("1")
	if err := r.blobs.Put(t.Context(), "big/1", bytes.NewReader(ev.Data)); err != nil {
		t.Fatal(err)
	}
	spilled := ev
	spilled.Data, spilled.DataRef = nil, "big/1"
	d := r.decide(t, spilled)
	if len(d.Proposals) != 1 || d.Proposals[0].ExecutionID == "" {
		t.Errorf("from a blob: %+v", d)
	}
	got, err := r.engine.Event(t.Context(), d.EventID)
	if diff := cmp.Diff(ev, got); err != nil || diff != "" {
		t.Errorf("the recorded event: %v\n%s", err, diff)
	}
	spilled.ID, spilled.DataRef = "2", "big/none"
	if _, err := r.engine.Decide(t.Context(), spilled); err == nil {
		t.Error("a body that is not there was decided")
	}
	for _, number := range []string{"21", "22"} { // sources that give no digest
		ev := issue(number, number, "")
		ev.Digest = ""
		d := r.decide(t, ev)
		if got, err := r.engine.Event(t.Context(), d.EventID); err != nil || !bytes.Equal(got.Data, ev.Data) {
			t.Errorf("event %s came back as %s, %v", number, got.Data, err)
		}
	}
	bad := opened("3")
	bad.Data = []byte(`[1]`)
	if _, err := r.engine.Decide(t.Context(), bad); !fault.Is(err, fault.Invalid) {
		t.Errorf("a body that is no object: %v, want invalid", err)
	}
}

func TestReplayAndExplain(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L5", "")+`  - {name: q, on: com.github.issues.opened, when: event.issue.number == 99, do: fake.final, capability: error-recovery, autonomy: L5}`+"\n")
	first := r.decide(t, opened("1"))
	deliveries, decisions, executions, records, tasks := 1, 1, 1, 2, r.queue.called
	again, err := r.engine.Replay(t.Context(), first.EventID)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("replay: %v (-decided +replayed)\n%s", err, diff)
	}
	for name, matched := range map[string]bool{"p": true, "q": false} {
		why, err := r.engine.Explain(t.Context(), first.EventID, name)
		if err != nil || why.Matched != matched || why.Policy != name {
			t.Errorf("explain %s: %+v, %v", name, why, err)
		}
	}
	r.wantCounts(t, deliveries, decisions, executions, records)
	if r.queue.called != tasks {
		t.Error("replay queued something")
	}
	if _, err := r.engine.Explain(t.Context(), first.EventID, "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a policy that is not there: %v, want not found", err)
	}
	if _, err := r.engine.Replay(t.Context(), "nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown event: %v, want not found", err)
	}
	defer r.bodyGone(t, first.EventID)
	deps := r.deps // other policies: another answer, and still nothing is written
	deps.Policies = fixed{load(t, files(one("p", "fake.final", "L1", "")))}
	again, err = decision.NewEngine(deps).Replay(t.Context(), first.EventID)
	if err != nil || again.Category != string(execution.Record) {
		t.Errorf("replay under other policies: %s, %v", again.Category, err)
	}
	r.wantCounts(t, deliveries, decisions, executions, records)
}

// bodyGone: an event whose body has expired, or was erased, cannot be decided
// again, and people are told so.
func (r *rig) bodyGone(t *testing.T, id string) {
	t.Helper()
	d, err := store.Get[decision.Delivery](t.Context(), r.store, store.Key{Collection: decision.Deliveries, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.blobs.Delete(t.Context(), d.BodyRef); err != nil {
		t.Fatal(err)
	}
	_, replayed := r.engine.Replay(t.Context(), id)
	_, explained := r.engine.Explain(t.Context(), id, "p")
	for what, err := range map[string]error{"replay": replayed, "explain": explained} {
		if !fault.Is(err, fault.NotFound) || !errors.Is(err, blob.ErrNotFound) || !strings.Contains(err.Error(), "no longer kept") {
			t.Errorf("%s without the body: %v", what, err)
		}
	}
}
