package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// Backtests implements Backtester, one at a time and on half of the
// processors, so that what is live is not held up.
type Backtests struct {
	engine  decision.Deps // with the policies in force
	catalog policy.Catalog
	machine *execution.Machine // whose gates say what would be stopped now
	timeout time.Duration
	running chan struct{} // holds one while a back-test runs
}

// NewBacktests returns a Backtester on what live decisions stand on; timeout ends
// a back-test that takes longer.
func NewBacktests(engine decision.Deps, catalog policy.Catalog, timeout time.Duration) *Backtests {
	gates := execution.Deps{Store: engine.Store, Clock: engine.Clock, Gates: decision.Gates(engine.Policies)}
	return &Backtests{engine: engine, catalog: catalog, machine: execution.NewMachine(gates), timeout: timeout, running: make(chan struct{}, 1)}
}

// draft is the set of a working tree.
type draft struct{ set *policy.Set }

// Current implements decision.Policies.
func (d draft) Current() *policy.Set { return d.set }

// Backtest implements Backtester.
func (b *Backtests) Backtest(ctx context.Context, files fs.FS, r backtest.Request, progress func(backtest.Progress)) (backtest.Report, error) {
	select {
	case b.running <- struct{}{}:
		defer func() { <-b.running }()
	default:
		return backtest.Report{}, &fault.Error{Kind: fault.Exhausted, RetryAfter: 10 * time.Second, Message: "another back-test is running; try again when it is done"}
	}
	d := backtest.Deps{Store: b.engine.Store, Workers: max(1, runtime.GOMAXPROCS(0)/2)}
	engine := b.engine
	if files == nil {
		d.Ask = b.machine.Ask
	} else {
		set, err := policy.Load(files, b.catalog)
		if findings, ok := errors.AsType[policy.Findings](err); ok {
			return backtest.Report{}, fault.Wrap(fault.Invalid, err, "the policies have mistakes: %s", findings)
		}
		if err != nil {
			return backtest.Report{}, fmt.Errorf("read the policies of a back-test: %w", err)
		}
		engine.Policies = draft{set}
	}
	d.Engine = decision.NewEngine(engine)
	errTime := fault.New(fault.Exhausted, "the back-test was ended after %s; look at fewer events (--since, --limit)", b.timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, b.timeout, errTime)
	defer cancel()
	report, err := backtest.Run(ctx, d, r, progress)
	if err != nil && errors.Is(context.Cause(ctx), errTime) {
		err = errTime
	}
	return report, err
}
