package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
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
	gates := execution.Deps{Store: engine.Store, Clock: engine.Clock, Gates: decision.Gates(engine.Policies, engine.Autonomy)}
	return &Backtests{engine: engine, catalog: catalog, machine: execution.NewMachine(gates), timeout: timeout, running: make(chan struct{}, 1)}
}

// draft is the configuration of a working tree.
type draft[T any] struct{ value T }

// Current implements decision.Policies and autonomy.Source.
func (d draft[T]) Current() T { return d.value }

// draft puts the configuration of a working tree in the place of that in
// force; autonomy.yaml may be left out.
func (b *Backtests) draft(engine *decision.Deps, files fs.FS) error {
	set, err := policy.Load(files, b.catalog)
	if err != nil {
		return err
	}
	engine.Policies = draft[*policy.Set]{set}
	if _, err := fs.Stat(files, autonomy.File); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	matrix, err := autonomy.Load(files, b.catalog)
	engine.Autonomy = draft[*autonomy.Matrix]{matrix}
	return err
}

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
		err := b.draft(&engine, files)
		if findings, ok := errors.AsType[policy.Findings](err); ok {
			return backtest.Report{}, fault.Wrap(fault.Invalid, err, "the policies have mistakes: %s", findings)
		}
		if err != nil {
			return backtest.Report{}, fmt.Errorf("read the policies of a back-test: %w", err)
		}
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
