package retention_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// A call looks at a bounded number of documents and the next one goes on; what
// may not go does not stand in the way of what may.
func TestPassesGoOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	docs := map[string]any{}
	for i := range 450 {
		state := execution.Failed
		if i < 150 {
			state = execution.Uncertain
		}
		id := fmt.Sprintf("x%03d", i)
		docs["executions/"+id] = execution.Execution{ID: id, State: state, CreatedAt: start, UpdatedAt: start.Add(time.Duration(i) * time.Second)}
	}
	r.put(t, docs)
	r.clock.Advance(500 * day)
	r.expirer.Limit = 100
	var got []int
	for range 6 {
		n, err := r.expirer.Expire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n["executions"])
	}
	if diff := cmp.Diff([]int{0, 50, 100, 100, 50, 0}, got); diff != "" {
		t.Errorf("deleted by each call (-want +got):\n%s", diff)
	}
	asked := &asked{Store: r.store}
	r.expirer.Store = asked
	for _, step := range []struct {
		wait    time.Duration
		commits int
	}{{5 * time.Hour, 0}, {2 * time.Hour, 2}} { // a pass claims and releases
		r.clock.Advance(step.wait)
		asked.commits = 0
		if n, err := r.expirer.Expire(t.Context()); err != nil || len(n) != 0 || asked.commits < step.commits || step.commits == 0 && asked.commits > 0 {
			t.Errorf("%s later %v was deleted in %d commits, %v", step.wait, n, asked.commits, err)
		}
	}
}

// A call ends in time, and each kind has its part of that.
func TestTimeIsShared(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	docs := map[string]any{}
	for i := range 1000 {
		id := fmt.Sprintf("n%03d", i)
		docs["fields/"+id] = execution.Field{ID: id, ChangedAt: start}
		docs["keys/"+id] = auth.Key{ID: id, ExpiresAt: start}
	}
	r.put(t, docs)
	r.clock.Advance(500 * day)
	began := r.clock.Now()
	r.expirer.Store = slow{r.store, r.clock}
	n, err := r.expirer.Expire(t.Context())
	took := r.clock.Now().Sub(began)
	if err != nil || n["fields"] == 0 || n["keys"] == 0 || n["fields"] == 1000 || took > 30*time.Second {
		t.Errorf("%v in %s, %v", n, took, err)
	}
}

// slow is a store whose commits take three seconds.
type slow struct {
	store.Store
	clock *clock.Virtual
}

func (s slow) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	s.clock.Advance(3 * time.Second)
	return s.Store.Run(ctx, fn)
}

// While nothing is due, a call a minute costs the store nothing.
func TestQuiet(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	asked := &asked{Store: r.store}
	r.expirer.Store = asked
	for range 60 {
		if _, err := r.expirer.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(time.Minute)
	}
	if asked.queries > 70 || asked.commits > 0 {
		t.Errorf("%d queries and %d commits in an hour", asked.queries, asked.commits)
	}
}

// asked counts what the store is asked.
type asked struct {
	store.Store
	queries, commits int
}

func (a *asked) Query(ctx context.Context, q store.Query) (store.Page, error) {
	a.queries++
	return a.Store.Query(ctx, q)
}

func (a *asked) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	a.commits++
	return a.Store.Run(ctx, fn)
}
