package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/desk"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

type config struct{ c *approval.Config }

func (c config) Current() *approval.Config { return c.c }

type tasks struct{ queued []task.Task }

func (q *tasks) Enqueue(_ context.Context, t task.Task) error {
	q.queued = append(q.queued, t)
	return nil
}

// TestApprovalWaitsForAFreeze: what is frozen cannot be approved, since it would
// be blocked at once; it goes on waiting.
func TestApprovalWaitsForAFreeze(t *testing.T) {
	t.Parallel()
	s, c, frozen := memory.New(memory.Options{}), clock.NewVirtual(start), "frozen (global) by key:ann"
	x := execution.Execution{ID: "x", State: execution.Waiting, Category: execution.Manual, Round: 1, PlanHash: "p", ToldAt: &start}
	if err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: execution.Collection, ID: "x"}, x)
	}); err != nil {
		t.Fatal(err)
	}
	gate := func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) { return frozen, nil }
	d := desk.Desk{
		Machine: execution.NewMachine(execution.Deps{Store: s, Clock: c, Holds: []execution.Gate{gate}}), Store: s, Tasks: &tasks{}, Clock: c,
		Config: config{&approval.Config{People: map[string]approval.Person{"bob": {Keys: []string{"bob"}}}, Rules: []approval.Rule{{By: []string{"bob"}}}}},
	}
	says := func(verb approval.Verb) (execution.Execution, error) {
		return d.Answer(t.Context(), "x", approval.Answer{Verb: verb, By: "key:bob", Channel: approval.Gateway, Identity: approval.Identity{Key: "bob"}})
	}
	if _, err := says(approval.Approve); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), frozen) {
		t.Fatalf("approving what is frozen: %v", err)
	}
	frozen = ""
	if y, err := says(approval.Approve); err != nil || y.State != execution.Ready {
		t.Errorf("once it is lifted: %s, %v", y.State, err)
	}
}

// TestS13RefusalsAreRecorded: an answer that does not count changes nothing but
// the audit log; one that does queues the execution.
func TestS13RefusalsAreRecorded(t *testing.T) {
	t.Parallel()
	s, c, q := memory.New(memory.Options{}), clock.NewVirtual(start), &tasks{}
	x := execution.Execution{ID: "x", State: execution.Waiting, Category: execution.Manual, Round: 1, PlanHash: "p", ToldAt: &start, Causes: []string{"ann"}}
	err := s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: execution.Collection, ID: "x"}, x)
	})
	if err != nil {
		t.Fatal(err)
	}
	d := desk.Desk{
		Machine: execution.NewMachine(execution.Deps{Store: s, Clock: c}), Store: s, Tasks: q, Clock: c,
		Config: config{&approval.Config{
			People: map[string]approval.Person{"ann": {GitHub: []string{"ann"}, Keys: []string{"ann"}}, "bob": {Keys: []string{"bob"}}},
			Rules:  []approval.Rule{{By: []string{"ann", "bob"}}},
		}},
	}
	says := func(who string) approval.Answer {
		return approval.Answer{Verb: approval.Approve, By: "key:" + who, Channel: approval.Gateway, Identity: approval.Identity{Key: who}}
	}
	if _, err := d.Answer(t.Context(), "x", says("ann")); !fault.Is(err, fault.Forbidden) || len(q.queued) != 0 {
		t.Fatalf("the requester: %v, queued %v", err, q.queued)
	}
	records, _, err := store.List[audit.Record](t.Context(), s, store.Query{Collection: audit.Collection})
	if err != nil || len(records) != 1 || records[0].Verb != "approval.refused" || records[0].Actor != "key:ann" || records[0].Retention != "security" {
		t.Fatalf("records %+v, %v; want the refusal", records, err)
	}
	if y, err := d.Answer(t.Context(), "x", says("bob")); err != nil || y.State != execution.Ready || len(q.queued) != 1 {
		t.Errorf("another: %s, %v, queued %v", y.State, err, q.queued)
	}
	if _, err := d.Answer(t.Context(), "nope", says("bob")); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown execution: %v (S11)", err)
	}
}
