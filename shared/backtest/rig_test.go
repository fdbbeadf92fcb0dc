package backtest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is a platform that has recorded events.
type rig struct {
	t       testing.TB
	store   *memory.Store
	blobs   *blobmemory.Store
	clock   *clock.Virtual
	actions *action.Registry
}

func newRig(tb testing.TB) *rig {
	tb.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		tb.Fatal(err)
	}
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		tb.Fatal(err)
	}
	c := clock.NewVirtual(start)
	return &rig{t: tb, clock: c, actions: actions, blobs: blobmemory.New(c), store: memory.New(memory.Options{Schema: schema, Clock: c})}
}

type fixed struct{ set *policy.Set }

func (f fixed) Current() *policy.Set { return f.set }

type noTasks struct{}

func (noTasks) Enqueue(context.Context, task.Task) error { return nil }

// engine decides by policies, YAML without its first line.
func (r *rig) engine(policies string) *decision.Engine {
	r.t.Helper()
	set, err := policy.Load(fstest.MapFS{"policies/test.yaml": {Data: []byte("policies:\n" + policies)}}, r.actions)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.engineOf(set)
}

func (r *rig) engineOf(set *policy.Set) *decision.Engine {
	return decision.NewEngine(decision.Deps{
		Store: r.store, Blobs: r.blobs, Tasks: noTasks{}, Policies: fixed{set}, Autonomy: autonomytest.Everything(), Actions: r.actions, Clock: r.clock,
		Log: slog.New(slog.DiscardHandler), VetoWindow: 5 * time.Minute, Approval: 24 * time.Hour,
	})
}

// label is a policy that labels opened issues.
func label(name, when, labels, level, more string) string {
	return fmt.Sprintf("  - {name: %s, on: com.github.issues.opened, when: '%s', do: {action: github.issue.label, with: {add: [%s]}}, capability: error-recovery, autonomy: %s%s}\n",
		name, when, labels, level, more)
}

// issue is the event that issue number was opened, as the clock stands.
func (r *rig) issue(number int, title string) event.Event {
	body := fmt.Sprintf(`{"action":"opened","issue":{"number":%d,"title":%q,"comments":null,"updated_at":"2026-03-01T11:59:00Z"},`+
		`"repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"ann"}}`, number, title)
	sum := sha256.Sum256([]byte(body))
	return event.Event{
		ID: fmt.Sprintf("guid-%d-%s", number, title), Source: "https://github.com/octo/hello", Type: "com.github.issues.opened",
		Subject: fmt.Sprint("issues/", number), Time: r.clock.Now(), Repository: "octo/hello", RepositoryID: 1, InstallationID: 7,
		Digest: hex.EncodeToString(sum[:]), Data: []byte(body),
	}
}

// decide lets e answer ev, a minute after the event before.
func (r *rig) decide(e *decision.Engine, ev event.Event) decision.Decision {
	r.t.Helper()
	d, err := e.Decide(r.t.Context(), ev)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.Advance(time.Minute)
	return d
}

// change changes the execution that d's first proposal made.
func (r *rig) change(d decision.Decision, fn func(*execution.Execution)) {
	r.t.Helper()
	r.changeOne(d.Proposals[0].ExecutionID, fn)
}

func (r *rig) changeOne(id string, fn func(*execution.Execution)) {
	r.t.Helper()
	at := store.Key{Collection: execution.Collection, ID: id}
	err := r.store.Run(r.t.Context(), func(ctx context.Context, tx store.Tx) error {
		x, err := store.Get[execution.Execution](ctx, tx, at)
		if err != nil {
			return err
		}
		fn(&x)
		return tx.Put(at, x)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// run back-tests e over all that was recorded so far.
func (r *rig) run(e *decision.Engine, more func(*backtest.Deps, *backtest.Request)) backtest.Report {
	r.t.Helper()
	d := backtest.Deps{Store: r.store, Engine: e}
	q := backtest.Request{Since: start, Until: r.clock.Now(), Examples: 3}
	if more != nil {
		more(&d, &q)
	}
	report, err := backtest.Run(r.t.Context(), d, q, func(backtest.Progress) {})
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// of returns what the report says of the policy.
func of(report backtest.Report, name string) backtest.PolicyReport {
	for _, p := range report.Policies {
		if p.Policy == name {
			p.Examples = nil
			return p
		}
	}
	return backtest.PolicyReport{}
}

// defaults is the default policies.
func (r *rig) defaults() *policy.Set {
	r.t.Helper()
	set, err := policy.Load(os.DirFS("../../.infinity"), r.actions)
	if err != nil {
		r.t.Fatal(err)
	}
	return set
}
