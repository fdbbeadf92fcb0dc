package execution_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func claimAll(t *testing.T, r *rig, n int) map[execution.State]int {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			for {
				_, err := r.machine.Claim(t.Context(), fmt.Sprint("x", i), "w")
				if errors.Is(err, store.ErrConflict) {
					continue
				}
				if err != nil {
					t.Error(err)
				}
				return
			}
		})
	}
	wg.Wait()
	got := map[execution.State]int{}
	for i := range n {
		got[r.get(t, fmt.Sprint("x", i)).State]++
	}
	return got
}

func TestLimits(t *testing.T) {
	t.Parallel()
	rate := func(n int) *execution.Rate { return &execution.Rate{N: n, Per: time.Hour} }
	for name, c := range map[string]struct {
		limits    execution.Limits
		resources int
		want      int
		text      string
	}{
		"none":                     {execution.Limits{}, 1, 50, ""},
		"total":                    {execution.Limits{Total: rate(7)}, 50, 7, "in total"},
		"per resource":             {execution.Limits{PerResource: rate(2)}, 5, 10, "on octo/hello issue"},
		"both, the total is lower": {execution.Limits{PerResource: rate(2), Total: rate(3)}, 5, 3, "limit reached"},
		"zero":                     {execution.Limits{Total: rate(0)}, 5, 0, "in total"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil, execution.LimitGate)
			for i := range 50 {
				x := ready(fmt.Sprint("x", i))
				x.Limits, x.Resource = c.limits, fmt.Sprint("octo/hello issue ", i%c.resources)
				r.put(t, x)
			}
			got := claimAll(t, r, 50)
			if got[execution.Running] != c.want || got[execution.Blocked] != 50-c.want {
				t.Errorf("got %v, want %d running and the others blocked", got, c.want)
			}
			for i := range 50 {
				if x := r.get(t, fmt.Sprint("x", i)); x.State == execution.Blocked && !strings.Contains(x.Reason, c.text) {
					t.Errorf("blocked because %q, want %q in it", x.Reason, c.text)
				}
			}
		})
	}
}

func TestLimitIsOverItsTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, execution.LimitGate)
	for i := range 3 {
		x := ready(fmt.Sprint("x", i))
		x.Limits.Total = &execution.Rate{N: 1, Per: time.Hour}
		r.put(t, x)
	}
	claim := func(id string) execution.State {
		x, err := r.machine.Claim(t.Context(), id, "w")
		if err != nil {
			t.Fatal(err)
		}
		return x.State
	}
	claim("x0")
	r.clock.Advance(time.Hour - time.Microsecond)
	if got := claim("x1"); got != execution.Blocked {
		t.Errorf("within the hour it is %s", got)
	}
	if got := claim("x0"); got != execution.Running {
		t.Errorf("the claim of a dead worker's execution counts again: it is %s", got)
	}
	r.clock.Advance(time.Microsecond)
	if got := claim("x2"); got != execution.Running {
		t.Errorf("after the hour it is %s", got)
	}
}

func TestLimitAboveOnePage(t *testing.T) {
	t.Parallel()
	const n = store.MaxPage + 1
	r := newRig(t, nil, execution.LimitGate)
	err := r.store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for i := range n - 1 {
			x := ready(fmt.Sprint("old", i))
			x.State, x.StartedAt = execution.Succeeded, &start
			if err := tx.Put(store.Key{Collection: execution.Collection, ID: x.ID}, x); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int]execution.State{0: execution.Running, 1: execution.Blocked} {
		x := ready(fmt.Sprint("x", id))
		x.Limits.Total = &execution.Rate{N: n - id, Per: time.Hour}
		r.put(t, x)
		if id == 0 {
			continue
		}
		if x, err := r.machine.Claim(t.Context(), x.ID, "w"); err != nil || x.State != want {
			t.Errorf("limit %d: %s, %v, want %s", n-id, x.State, err, want)
		}
	}
	if x, err := r.machine.Claim(t.Context(), "x0", "w"); err != nil || x.State != execution.Running {
		t.Errorf("limit %d with %d started: %s, %v", n, n-1, x.State, err)
	}
}

func TestGateFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	r := newRig(t, nil, func(context.Context, store.Tx, execution.Execution, time.Time) (string, error) { return "", broken })
	r.put(t, ready("x"))
	if _, err := r.machine.Claim(t.Context(), "x", "w"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	r.wantState(t, "x", execution.Ready)
}
