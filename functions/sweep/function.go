// Package sweep is the function that wakes executions which no live task will
// wake: the queue is a hint, the store is the record.
package sweep

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// Config is read from the environment.
type Config struct {
	// Grace is how late a task may be before its execution is woken.
	Grace time.Duration `env:"SWEEP_GRACE, default=30s"`
}

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	if c.Grace <= 0 {
		return fault.New(fault.Invalid, "SWEEP_GRACE is %s; it must be above zero", c.Grace)
	}
	return nil
}

// Sweeper wakes what is late and says how many it woke.
type Sweeper interface {
	Sweep(ctx context.Context) (int, error)
}

// Deps is what the handler stands on.
type Deps struct {
	Sweeper Sweeper
	Log     *slog.Logger
}

// New returns the handler that the schedule calls.
func New(d Deps) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		woken, err := d.Sweeper.Sweep(r.Context())
		if woken > 0 {
			d.Log.InfoContext(r.Context(), "executions woken", slog.Int("woken", woken))
		}
		if err != nil {
			function.WriteError(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func init() { function.Register("sweep", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var cfg Config
	if err := function.Configure(ctx, p, &cfg); err != nil {
		return nil, err
	}
	sweeper := &execution.Sweeper{Store: p.Store, Tasks: p.Tasks, Clock: p.Clock, Grace: cfg.Grace}
	return New(Deps{Sweeper: sweeper, Log: p.Log}), nil
}
