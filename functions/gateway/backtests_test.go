package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// bodies is a blob store whose Get tells that it was asked and then waits.
type bodies struct {
	blob.Store
	asked chan struct{}
	free  chan struct{}
}

func (b *bodies) Get(ctx context.Context, _ string) (io.ReadCloser, error) {
	b.asked <- struct{}{}
	select {
	case <-b.free:
		return io.NopCloser(strings.NewReader(`{"action":"opened"}`)), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type none struct{}

func (none) Current() *policy.Set { return nil }

func newBacktests(t *testing.T, timeout time.Duration) (*gateway.Backtests, *bodies) {
	t.Helper()
	w := newWorld(t)
	w.seed()
	w.put(decision.Deliveries, "vevent1", decision.Delivery{
		ID: "vevent1", Type: "com.github.issues.opened", DecisionID: "ddecision1", BodyRef: "events/1.json", ReceivedAt: start,
	})
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		t.Fatal(err)
	}
	b := &bodies{asked: make(chan struct{}, 10), free: make(chan struct{})}
	return gateway.NewBacktests(decision.Deps{
		Store: w.store, Blobs: b, Policies: none{}, Autonomy: autonomytest.Everything(), Actions: actions, Clock: w.clock, Log: slog.New(slog.DiscardHandler),
	}, actions, timeout), b
}

var everything = backtest.Request{Since: start.Add(-time.Hour), Until: start.Add(time.Hour)}

func quietly(backtest.Progress) {}

func TestOneBacktestAtATime(t *testing.T) {
	t.Parallel()
	b, blobs := newBacktests(t, time.Minute)
	first := make(chan error, 1)
	go func() {
		r, err := b.Backtest(t.Context(), nil, everything, quietly)
		if r.Events != 1 {
			err = errors.Join(err, errors.New("not one event"))
		}
		first <- err
	}()
	<-blobs.asked
	if _, err := b.Backtest(t.Context(), nil, everything, quietly); !fault.Is(err, fault.Exhausted) {
		t.Errorf("a second one beside the first: %v", err)
	}
	close(blobs.free)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := b.Backtest(t.Context(), nil, everything, quietly); err != nil {
		t.Errorf("one after the first: %v", err)
	}
}

func TestBacktestsEnd(t *testing.T) {
	t.Parallel()
	b, _ := newBacktests(t, time.Nanosecond)
	if _, err := b.Backtest(t.Context(), nil, everything, quietly); !fault.Is(err, fault.Exhausted) || !strings.Contains(err.Error(), "after 1ns") {
		t.Errorf("over its time: %v", err)
	}
	b, blobs := newBacktests(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-blobs.asked
		cancel()
	}()
	if _, err := b.Backtest(ctx, nil, everything, quietly); !errors.Is(err, context.Canceled) {
		t.Errorf("its client went: %v", err)
	}
}

func TestBacktestOfMistakes(t *testing.T) {
	t.Parallel()
	b, _ := newBacktests(t, time.Minute)
	for text, says := range map[string]string{"policies: [{name: a}]": "policies/a.yaml:1:12", "\t": "policies/a.yaml:1"} {
		files := fstest.MapFS{"policies/a.yaml": {Data: []byte(text)}}
		if _, err := b.Backtest(t.Context(), files, everything, quietly); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want invalid and %s", text, err, says)
		}
	}
}
