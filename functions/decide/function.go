// Package decide is the function that answers each event with a decision and
// its executions. The rules are shared/policy's and the transaction is
// shared/decision's; this package only wires them to the platform.
package decide

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// Config is read from the environment.
type Config struct {
	// Policies is the folder (.infinity) that holds policies/ and autonomy.yaml.
	Policies string `env:"INFINITY_POLICIES, default=.infinity"`
	// VetoWindow is how long an action of category Alert can be vetoed.
	VetoWindow time.Duration `env:"DECIDE_VETO_WINDOW, default=5m"`
	// Approval is how long an action of category Manual waits for an answer.
	Approval time.Duration `env:"DECIDE_APPROVAL_TIMEOUT, default=24h"`
	// Remind is how long before the end of that time people are told again; 0
	// is never.
	Remind time.Duration `env:"DECIDE_APPROVAL_REMINDER, default=1h"`
	// App says which events are our own.
	App decision.App
}

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	if c.Policies == "" {
		errs = append(errs, errors.New("INFINITY_POLICIES is empty; name the folder that holds policies/"))
	}
	if c.VetoWindow <= 0 {
		errs = append(errs, fmt.Errorf("DECIDE_VETO_WINDOW is %s; it must be above zero", c.VetoWindow))
	}
	if c.Approval <= 0 {
		errs = append(errs, fmt.Errorf("DECIDE_APPROVAL_TIMEOUT is %s; it must be above zero", c.Approval))
	}
	if c.Remind < 0 || c.Remind >= c.Approval {
		errs = append(errs, fmt.Errorf("DECIDE_APPROVAL_REMINDER is %s; it must be below DECIDE_APPROVAL_TIMEOUT, or 0", c.Remind))
	}
	return errors.Join(append(errs, c.App.Validate())...)
}

// Decider answers an event.
type Decider interface {
	Decide(ctx context.Context, e event.Event) (decision.Decision, error)
}

// Deps is what the handler stands on.
type Deps struct{ Decider Decider }

// New returns the handler of pushed events.
func New(d Deps) http.Handler {
	return function.Events(func(ctx context.Context, e event.Event) error {
		_, err := d.Decider.Decide(ctx, e)
		return err
	})
}

func init() { function.Register("decide", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var cfg Config
	if err := function.Configure(ctx, p, &cfg); err != nil {
		return nil, err
	}
	actions, err := action.NewRegistry(actiongithub.New(nil)...) // specs and keys only: nothing is called
	if err != nil {
		return nil, err
	}
	files := os.DirFS(cfg.Policies)
	policies := decision.NewFolder(files, actions, p.Clock, p.Log)
	if set := policies.Current(); set != nil && len(set.Policies()) == 0 { // said here only: other functions read them too
		p.Log.WarnContext(ctx, "there are no policies: events are recorded and nothing is proposed; name the folder that holds policies/ "+
			"with --policies (INFINITY_POLICIES)", slog.String("folder", cfg.Policies))
	}
	return New(Deps{Decider: decision.NewEngine(decision.Deps{
		Store: p.Store, Blobs: p.Blobs, Tasks: p.Tasks, Policies: policies, Actions: actions,
		Autonomy: autonomy.NewFolder(files, actions, p.Clock, p.Log),
		App:      cfg.App, Clock: p.Clock, Log: p.Log, VetoWindow: cfg.VetoWindow, Approval: cfg.Approval, Remind: cfg.Remind,
	})}), nil
}
