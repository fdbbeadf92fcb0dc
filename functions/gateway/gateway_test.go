package gateway_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/desk"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/link"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	blobmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/memory"
	busmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/deadletter"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/erasure"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	secretmemory "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// world is a gateway on a memory store, with a key for each role.
type world struct {
	t       *testing.T
	store   store.Store
	clock   *clock.Virtual
	handler http.Handler
	keys    map[auth.Role]string
	tasks   *tasks
	bus     *busmemory.Bus

	backtests *backtests
	trusted   *trusted
}

// tiles is a blob store with one tile of the audit log.
func tiles(t *testing.T) *blobmemory.Store {
	t.Helper()
	blobs := blobmemory.New(clock.NewVirtual(start))
	for _, key := range []string{"audit/tile/0/000", "audit/checkpoint/000000000000007", "events/secret.json"} {
		if err := blobs.Put(t.Context(), key, strings.NewReader("bytes of "+key)); err != nil {
			t.Fatal(err)
		}
	}
	return blobs
}

// approvers links each key to a person of its name.
type approvers struct{}

func (approvers) Current() *approval.Config {
	c := &approval.Config{People: map[string]approval.Person{}, Rules: []approval.Rule{{By: []string{"editor", "admin"}}}}
	for _, role := range auth.Roles {
		c.People[string(role)] = approval.Person{Keys: []string{string(role)}, GitHub: []string{string(role) + "-at-home#7"}}
	}
	return c
}

func newWorld(t *testing.T) *world {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: memory.New(memory.Options{Schema: schema}), clock: clock.NewVirtual(start), keys: map[auth.Role]string{auth.None: ""}, tasks: &tasks{}, backtests: &backtests{}}
	w.bus = busmemory.New(busmemory.Options{Clock: w.clock})
	keys := auth.Keys{Store: w.store, Clock: w.clock}
	for _, role := range auth.Roles {
		if !role.Known() {
			continue
		}
		token, err := keys.Issue(t.Context(), string(role), role, time.Hour, "test")
		if err != nil {
			t.Fatal(err)
		}
		w.keys[role] = token
	}
	var sources gateway.Trusted
	sources, w.trusted = newTrusted(t)
	secrets := secretmemory.New(w.clock)
	if _, err := secrets.Add(t.Context(), "approval-link-key", make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	answers := &desk.Desk{
		Machine: execution.NewMachine(execution.Deps{Store: w.store, Clock: w.clock}),
		Config:  approvers{}, Store: w.store, Tasks: w.tasks, Clock: w.clock,
		Links: link.Keys{Source: secrets, Secret: "approval-link-key"},
	}
	w.handler = gateway.New(gateway.Config{AllowedHosts: []string{"localhost"}, Schema: schema}, gateway.Deps{
		Store: w.store, Blobs: tiles(t), Tasks: w.tasks, Clock: w.clock, Keys: keys, Log: slog.New(slog.DiscardHandler),
		Answers: answers, Links: answers,
		Approvers: approvers{},
		Reverts:   execution.NewMachine(execution.Deps{Store: w.store, Clock: w.clock}),
		Decider:   decider{},
		Controls:  control.Controls{Store: w.store, Clock: w.clock}, Backtester: w.backtests, Trusted: sources,
		Letters: deadletter.Box{Publisher: w.bus, Letters: w.bus, Store: w.store, Clock: w.clock},
		Eraser:  &erasure.Eraser{Store: w.store, Blobs: tiles(t), Letters: w.bus, Clock: w.clock},
	})
	return w
}

// put stores value under key.
func (w *world) put(collection, id string, value any) {
	w.t.Helper()
	err := w.store.Run(w.t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: collection, ID: id}, value)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// seed stores an event, its decision and a waiting execution.
func (w *world) seed() {
	w.t.Helper()
	w.seedLetters()
	w.put(decision.Deliveries, "vevent1", decision.Delivery{
		ID: "vevent1", EventID: "guid-1", Type: "com.github.issues.opened", Repository: "octo/hello",
		DecisionID: "ddecision1", ReceivedAt: start, DecidedAt: start,
	})
	w.put(decision.Collection, "ddecision1", decision.Decision{
		ID: "ddecision1", EventID: "vevent1", EventType: "com.github.issues.opened", Repository: "octo/hello",
		Category: "Manual", Matched: 1, DecidedAt: start, Proposals: []decision.Proposal{{Policy: "triage", ExecutionID: "xexecution1"}},
	})
	w.put(execution.Collection, "xexecution1", waiting("xexecution1", start))
	w.put(execution.Collection, "ydone1", succeeded("ydone1"))
	w.put(execution.Workflows, "wworkflow1", execution.Workflow{
		ID: "wworkflow1", DecisionID: "ddecision1", Policy: "triage", Repository: "octo/hello", State: execution.WorkflowDone,
		Steps: []execution.WorkflowStep{{Step: 1, Action: "github.issue.label", Execution: "ydone1"}}, CreatedAt: start, UpdatedAt: start,
	})
}

// succeeded is an execution that made its effect.
func succeeded(id string) execution.Execution {
	x := waiting(id, start)
	x.State, x.Intent, x.Attempt, x.Reversible, x.Deadline, x.FinishedAt = execution.Succeeded, 1, 1, true, nil, &start
	return x
}

func waiting(id string, at time.Time) execution.Execution {
	deadline := at.Add(time.Hour)
	return execution.Execution{
		ID: id, DecisionID: "ddecision1", EventID: "vevent1", Policy: "triage", Level: "L3", Category: execution.Manual,
		Action: "github.issue.label", Class: action.ClassA, Args: json.RawMessage(`{"labels":["bug"]}`),
		Target:     action.Target{Repository: "octo/hello", Kind: "issue", ID: "1"},
		Repository: "octo/hello", Resource: "octo/hello issue 1", State: execution.Waiting, Round: 1, PlanHash: "planned",
		CreatedAt: at, UpdatedAt: at, NotBefore: at, Deadline: &deadline,
	}
}

// request sends one request as role.
func (w *world) request(role auth.Role, method, path, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	req := httptest.NewRequestWithContext(w.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key := w.keys[role]; key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	return rec
}

// decider answers as if the policies now matched once.
type decider struct{}

func (decider) Replay(_ context.Context, id string) (decision.Decision, error) {
	return decision.Decision{ID: "dnow", EventID: id, Category: "Observe", Proposals: []decision.Proposal{}}, nil
}

func (decider) Explain(_ context.Context, _, name string) (policy.Explanation, error) {
	if name != "triage" {
		return policy.Explanation{}, fault.New(fault.NotFound, "there is no policy %q", name)
	}
	return policy.Explanation{Policy: name, Root: policy.Node{Source: "true", Value: "true"}}, nil
}

// tasks remembers what was queued.
type tasks struct{ queued []task.Task }

func (q *tasks) Enqueue(_ context.Context, t task.Task) error {
	q.queued = append(q.queued, t)
	return nil
}
