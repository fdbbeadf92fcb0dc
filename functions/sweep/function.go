// Package sweep is the function that looks each minute at what nobody else
// would: executions that no live task will wake (the queue is a hint, the store
// is the record), dead letters, configuration that is not good, pages that
// people have not been told of, and what has been kept long enough.
package sweep

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/deadletter"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/lastgood"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/retention"
)

// Config is read from the environment.
type Config struct {
	// Grace is how late a task may be before its execution is woken.
	Grace time.Duration `env:"SWEEP_GRACE, default=30s"`
	// Policies is the folder (.infinity) that is looked after.
	Policies string `env:"INFINITY_POLICIES, default=.infinity"`
	// Retention says how long what is kept.
	Retention retention.Config
}

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	err := c.Retention.Validate()
	if c.Grace <= 0 {
		err = errors.Join(err, fault.New(fault.Invalid, "SWEEP_GRACE is %s; it must be above zero", c.Grace))
	}
	return err
}

// Sweeper wakes what is late and says how many it woke.
type Sweeper interface {
	Sweep(ctx context.Context) (int, error)
}

// Checker looks after something and says what kept it from it.
type Checker interface {
	Check(ctx context.Context) error
}

// Letters calls people for dead letters.
type Letters interface {
	Watch(ctx context.Context) error
}

// Expirer deletes what has been kept long enough, and says how much of what.
type Expirer interface {
	Expire(ctx context.Context) (map[string]int, error)
}

// Deps is what the handler stands on.
type Deps struct {
	Sweeper       Sweeper
	Configuration Checker
	Letters       Letters
	Pages         Pages
	Expirer       Expirer
	Log           *slog.Logger
}

// New returns the handler that the schedule calls.
func New(d Deps) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		woken, err := d.Sweeper.Sweep(r.Context())
		if woken > 0 {
			d.Log.InfoContext(r.Context(), "executions woken", slog.Int("woken", woken))
		}
		err = errors.Join(err, d.Configuration.Check(r.Context()), d.Letters.Watch(r.Context()), d.Pages.Tell(r.Context()))
		expired, failed := d.Expirer.Expire(r.Context()) // last: nobody waits for it
		if len(expired) > 0 {
			d.Log.InfoContext(r.Context(), "what was kept long enough is deleted", slog.Any("deleted", expired))
		}
		if err := errors.Join(err, failed); err != nil {
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
	actions, err := action.NewRegistry(actiongithub.New(nil)...) // specs only: nothing is called
	if err != nil {
		return nil, err
	}
	files := os.DirFS(cfg.Policies)
	return New(Deps{
		Configuration: &lastgood.Pager{Store: p.Store, Clock: p.Clock, Watched: []lastgood.Watched{
			decision.NewFolder(files, actions, p.Clock, p.Log),
			autonomy.NewFolder(files, actions, p.Clock, p.Log),
			approval.NewFolder(files, p.Clock, p.Log),
		}},
		Sweeper: sweeper, Log: p.Log, Pages: Pages{Store: p.Store, Bus: p.Bus, Clock: p.Clock, Log: p.Log},
		Letters: deadletter.Box{Publisher: p.Bus, Letters: p.Letters, Store: p.Store, Clock: p.Clock},
		Expirer: &retention.Expirer{Config: cfg.Retention, Store: p.Store, Blobs: p.Blobs, Letters: p.Letters, Clock: p.Clock},
	}), nil
}
