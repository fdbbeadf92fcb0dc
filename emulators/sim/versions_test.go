package sim_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/sim"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestF23VersionsSideBySide: half of the processes are of a version that knows
// none of the newer fields, and drops them from what it writes; the other half
// of one that adds fields which nobody else knows. All invariants hold.
func TestF23VersionsSideBySide(t *testing.T) {
	t.Parallel()
	each(t, 4, func(t *testing.T, seed uint64) {
		t.Helper()
		o := sim.Options{Seed: seed, Rules: sim.Mix(), Faults: sim.Faults{Kill: 0.01, Duplicate: 0.2, TimedOut: 0.01, GitHubLost: 0.02}}
		started := 0
		o.Vary = func(_ string, p function.Platform) function.Platform {
			version := older
			if started++; started%2 == 0 {
				version = newer
			}
			p.Store = versioned{p.Store, version}
			return p
		}
		must(t, o, func(t *testing.T, w *sim.World) []string {
			t.Helper()
			w.Happen(t.Context(), 40, 10*time.Minute)
			wrong := append(run(w, 20*time.Minute), drained(t, w, time.Hour)...)
			_, more := judged(t, w)
			return append(wrong, more...)
		})
	})
}

// newFields are what executions and decisions have got last.
var newFields = []string{"capability", "causes", "hop", "round", "approved_hash", "workflow_id", "step", "looks"}

func older(doc map[string]json.RawMessage) {
	for _, name := range newFields {
		delete(doc, name)
	}
}

func newer(doc map[string]json.RawMessage) {
	doc["next_version"] = json.RawMessage(`{"of":["something"]}`)
}

type versioned struct {
	store.Store
	write func(doc map[string]json.RawMessage)
}

// Run implements store.Store.
func (s versioned) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return s.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error { return fn(ctx, versionedTx{tx, s.write}) })
}

type versionedTx struct {
	store.Tx
	write func(doc map[string]json.RawMessage)
}

// Create implements store.Tx.
func (t versionedTx) Create(k store.Key, v any) error {
	doc, err := t.shape(k, v)
	if err != nil {
		return err
	}
	return t.Tx.Create(k, doc)
}

// Put implements store.Tx.
func (t versionedTx) Put(k store.Key, v any) error {
	doc, err := t.shape(k, v)
	if err != nil {
		return err
	}
	return t.Tx.Put(k, doc)
}

func (t versionedTx) shape(k store.Key, v any) (any, error) {
	if k.Collection != "executions" && k.Collection != "decisions" {
		return v, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	doc := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	t.write(doc)
	return doc, nil
}
