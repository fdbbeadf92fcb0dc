package autonomy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const of = "error-recovery"

// rig claims executions under the hard limits of one capability, on a store
// that refuses a query without an index.
type rig struct {
	*testing.T
	store   store.Store
	clock   *clock.Virtual
	machine *execution.Machine
	source  autonomytest.Fixed
}

func newRig(t *testing.T, limits autonomy.Limits) *rig {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	source := autonomytest.Everything()
	c := source.Matrix.Capabilities[of]
	c.Limits = limits
	source.Matrix.Capabilities[of] = c
	r := &rig{T: t, store: memory.New(memory.Options{Schema: schema}), clock: clock.NewVirtual(start), source: source}
	r.machine = execution.NewMachine(execution.Deps{Store: r.store, Clock: r.clock, Gates: []execution.Gate{autonomy.LimitGate(source), autonomy.ShareGate(source)}})
	return r
}

// ready stores the i-th execution, as change says.
func (r *rig) ready(i int, change func(*execution.Execution)) {
	r.Helper()
	x := execution.Execution{
		ID: fmt.Sprint("x", i), State: execution.Ready, Capability: of, Policy: "p", Repository: "octo/hello", Resource: fmt.Sprint("octo/hello issue ", i),
		InstallationID: 7, DecisionID: fmt.Sprint("d", i), Args: json.RawMessage(`{}`), CreatedAt: r.clock.Now(),
	}
	change(&x)
	err := r.store.Run(r.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Key{Collection: execution.Collection, ID: x.ID}, x)
	})
	if err != nil {
		r.Fatal(err)
	}
}

// claim claims the i-th and returns why it was blocked.
func (r *rig) claim(i int) string {
	for {
		x, err := r.machine.Claim(r.Context(), fmt.Sprint("x", i), "w")
		switch {
		case errors.Is(err, store.ErrConflict):
			continue
		case err != nil:
			r.Error(err)
			return err.Error()
		case x.State == execution.Running:
			return ""
		}
		return x.Reason
	}
}

func TestLimitGate(t *testing.T) {
	t.Parallel()
	per := func(n int) *rate.Rate { return &rate.Rate{N: n, Per: time.Hour} }
	for name, c := range map[string]struct {
		limits autonomy.Limits
		change func(i int, x *execution.Execution)
		want   int // of 40 that are claimed at once
		says   string
	}{
		"none":               {autonomy.Limits{}, nil, 40, ""},
		"per resource":       {autonomy.Limits{PerResource: per(2)}, func(i int, x *execution.Execution) { x.Resource = fmt.Sprint("r", i%5) }, 10, "on r"},
		"per policy":         {autonomy.Limits{PerPolicy: per(3)}, func(i int, x *execution.Execution) { x.Policy = fmt.Sprint("p", i%4) }, 12, "for policy p"},
		"per repository":     {autonomy.Limits{PerRepository: per(7)}, func(i int, x *execution.Execution) { x.Repository = fmt.Sprint("o/", i%2) }, 14, "in o/"},
		"per installation":   {autonomy.Limits{PerInstallation: per(4)}, func(i int, x *execution.Execution) { x.InstallationID = int64(i % 4) }, 16, "in installation"},
		"removals":           {autonomy.Limits{Removals: per(3)}, func(i int, x *execution.Execution) { x.Removes = i%2 == 0 }, 23, "to take something away"},
		"the lowest of two":  {autonomy.Limits{PerPolicy: per(30), PerRepository: per(5)}, nil, 5, "per_repository"},
		"another capability": {autonomy.Limits{PerRepository: per(1)}, func(_ int, x *execution.Execution) { x.Capability = "error-detection" }, 40, ""},
		"0 times":            {autonomy.Limits{PerPolicy: &rate.Rate{Per: time.Hour}}, nil, 0, "per_policy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.limits)
			for i := range 40 {
				r.ready(i, func(x *execution.Execution) {
					if c.change != nil {
						c.change(i, x)
					}
				})
			}
			var mu sync.Mutex
			var wg sync.WaitGroup
			ran := 0
			for i := range 40 {
				wg.Go(func() {
					why := r.claim(i)
					mu.Lock()
					defer mu.Unlock()
					if why == "" {
						ran++
					} else if !strings.Contains(why, "hard limit reached: capability error-recovery") || !strings.Contains(why, c.says) {
						t.Errorf("blocked by %q, want %q", why, c.says)
					}
				})
			}
			wg.Wait()
			if ran != c.want {
				t.Errorf("%d of 40 ran, want %d", ran, c.want)
			}
		})
	}
}

func TestLimitsForget(t *testing.T) {
	t.Parallel()
	r := newRig(t, autonomy.Limits{PerRepository: &rate.Rate{N: 1, Per: time.Hour}})
	for i := range 3 {
		r.ready(i, func(*execution.Execution) {})
	}
	if why := r.claim(0); why != "" {
		t.Errorf("the first: %s", why)
	}
	r.clock.Advance(time.Hour - time.Microsecond)
	if why := r.claim(1); why == "" {
		t.Error("a second within the hour ran")
	}
	r.clock.Advance(time.Microsecond)
	if why := r.claim(2); why != "" {
		t.Errorf("after the hour: %s", why)
	}
}

// A workflow is not begun if its later steps would be stopped, and each of its
// steps counts.
func TestWorkflowsNeedRoom(t *testing.T) {
	t.Parallel()
	r := newRig(t, autonomy.Limits{PerRepository: &rate.Rate{N: 3, Per: time.Hour}})
	following := func(n int) []execution.Following { return make([]execution.Following, n) }
	r.ready(0, func(x *execution.Execution) { x.Following = following(1) })
	r.ready(1, func(x *execution.Execution) { x.Previous = "x0" })
	r.ready(2, func(x *execution.Execution) { x.Following = following(1) })
	r.ready(3, func(*execution.Execution) {})
	r.ready(4, func(*execution.Execution) {})
	for i, want := range []bool{true, true, false, true, false} {
		if why := r.claim(i); (why == "") != want {
			t.Errorf("execution %d: %q; runs: want %t", i, why, want)
		}
	}
}

func TestShareGate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		share, known, wants int
		want                int
	}{
		"none":               {0, 0, 5, 5},
		"one is always let":  {10, 0, 5, 1},
		"two of nineteen":    {10, 17, 5, 1},
		"two of twenty":      {10, 18, 5, 2},
		"three of thirty":    {10, 27, 5, 3},
		"all":                {100, 0, 5, 5},
		"a third, no more":   {34, 5, 5, 2},
		"half, with its own": {50, 3, 5, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, autonomy.Limits{})
			for i := range c.known {
				r.ready(100+i, func(*execution.Execution) {})
				if why := r.claim(100 + i); why != "" {
					t.Fatal(why)
				}
			}
			limited := r.source.Matrix.Capabilities[of]
			limited.Limits.Share = c.share
			r.source.Matrix.Capabilities[of] = limited
			ran := 0
			for i := range c.wants {
				r.ready(i, func(x *execution.Execution) { x.DecisionID = "done" })
				if why := r.claim(i); why == "" {
					ran++
				} else if want := fmt.Sprintf("may touch %d%% of the resources", c.share); !strings.Contains(why, want) {
					t.Errorf("blocked by %q", why)
				}
			}
			if ran != c.want {
				t.Errorf("%d of %d ran, want %d", ran, c.wants, c.want)
			}
		})
	}
}

func TestShareCountsResourcesOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, autonomy.Limits{Share: 10})
	for i := range 3 {
		r.ready(i, func(x *execution.Execution) { x.DecisionID, x.Resource = "d", "octo/hello issue 1" })
		if why := r.claim(i); why != "" {
			t.Error(why)
		}
	}
	// What others touched elsewhere, or long ago, is no part of the whole.
	r.clock.Advance(-autonomy.ShareWindow)
	for i := range 50 {
		r.ready(100+i, func(x *execution.Execution) {
			if i < 25 {
				x.Repository = "octo/other"
			}
		})
		if why := r.claim(100 + i); why != "" {
			t.Fatal(why)
		}
	}
	r.clock.Advance(autonomy.ShareWindow + time.Second)
	r.ready(3, func(x *execution.Execution) { x.DecisionID = "d" })
	if why := r.claim(3); !strings.Contains(why, "this would be 2 of 2") {
		t.Errorf("a second resource: %q", why)
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	hour := &rate.Rate{N: 9, Per: time.Hour}
	r := newRig(t, autonomy.Limits{PerResource: hour, PerRepository: hour, Removals: &rate.Rate{N: 9, Per: 2 * time.Hour}, Share: 100})
	for i := range 6 {
		r.ready(i, func(x *execution.Execution) {
			x.Repository, x.Removes, x.Resource = fmt.Sprint("o/", i%4), i == 0, fmt.Sprint("r", i)
		})
		if why := r.claim(i); why != "" {
			t.Fatal(why)
		}
		if i == 0 {
			r.clock.Advance(90 * time.Minute)
		}
	}
	got, err := r.source.Matrix.Uses(t.Context(), r.store, of, r.clock.Now())
	want := []autonomy.Use{
		{Limit: "per_resource", Rate: "9/1h", Used: 1, Where: "r5"},
		{Limit: "per_repository", Rate: "9/1h", Used: 2, Where: "o/1"},
		{Limit: "removals", Rate: "9/2h", Used: 1, Where: "installation 7"},
		{Limit: "share", Rate: "100%"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
