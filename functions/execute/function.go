// Package execute is the function that carries one execution through plan,
// intent, effect and proof. The state machine is shared/execution's and the
// actions are shared/action's; this package only wires them to the platform.
package execute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/notice"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Config is read from the environment.
type Config struct {
	// Policies is the folder (.infinity) that the claim checks again.
	Policies string `env:"INFINITY_POLICIES, default=.infinity"`
	// Live lists the installations whose effects are made; the others are dry
	// runs. "*" is all of them; an empty list is none.
	Live []string `env:"EXECUTE_LIVE_INSTALLATIONS"`
	// Lease is how long a claim holds; two thirds of it bound the requests.
	Lease time.Duration `env:"EXECUTE_LEASE, default=60s"`
	// GitHub says how to reach GitHub as the App.
	GitHub github.Config
}

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	if c.Lease < time.Second {
		errs = append(errs, fmt.Errorf("EXECUTE_LEASE is %s; it must be at least 1s", c.Lease))
	}
	for _, id := range c.Live {
		if _, err := strconv.ParseInt(id, 10, 64); err != nil && id != "*" {
			errs = append(errs, fmt.Errorf("EXECUTE_LIVE_INSTALLATIONS has %q; list installation ids, or *", id))
		}
	}
	return errors.Join(append(errs, c.GitHub.Validate())...)
}

// live reports whether the effects of an installation are made.
func (c Config) live(installation int64) bool {
	return slices.Contains(c.Live, "*") || slices.Contains(c.Live, strconv.FormatInt(installation, 10))
}

// Runner does what an execution needs now.
type Runner interface {
	Run(ctx context.Context, id string) error
}

// Deps is what the handler stands on.
type Deps struct {
	Runner Runner
	Log    *slog.Logger
}

// New returns the handler of the tasks on queue "executions". A task that can
// never succeed is logged and dropped, since a queue would call it for ever:
// the record of what is to be done is the execution, not the task.
func New(d Deps) http.Handler {
	return function.Tasks(func(ctx context.Context, t task.Task) error {
		var body execution.TaskBody
		err := json.Unmarshal(t.Body, &body)
		if err != nil || body.Execution == "" {
			err = fault.Wrap(fault.Invalid, err, "the task's body must be {\"execution\": \"<id>\"}")
		} else {
			err = d.Runner.Run(ctx, body.Execution)
		}
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
			d.Log.ErrorContext(ctx, "task dropped: it can never succeed", slog.String("task", t.Name), slog.Any("error", err))
			return nil
		}
		return err
	})
}

func init() { function.Register("execute", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var cfg Config
	if err := function.Configure(ctx, p, &cfg); err != nil {
		return nil, err
	}
	clients, err := github.New(cfg.GitHub, github.Deps{Secrets: p.Secrets, Clock: p.Clock, Transport: p.Transport})
	if err != nil {
		return nil, err
	}
	actions, err := action.NewRegistry(actiongithub.New(clients)...)
	if err != nil {
		return nil, err
	}
	files := os.DirFS(cfg.Policies)
	policies, trusted := decision.NewFolder(files, actions, p.Clock, p.Log), autonomy.NewFolder(files, actions, p.Clock, p.Log)
	machine := execution.NewMachine(execution.Deps{
		Store: p.Store, Clock: p.Clock, Lease: cfg.Lease,
		Gates:     decision.Gates(policies, trusted),
		Holds:     []execution.Gate{control.Gate},
		UndoGates: []execution.Gate{control.UndoGate}, Brakes: control.Brakes{},
		Telling: notice.Comments{Config: approval.NewFolder(files, p.Clock, p.Log), Actions: actions}.Telling,
	})
	versions := func(name string) string {
		if set := policies.Current(); set != nil {
			return set.Version(name)
		}
		return ""
	}
	return New(Deps{Runner: &execution.Runner{
		Teller: announcer{p.Bus}, PolicyVersion: versions,
		Machine: machine, Actions: actions, Tasks: p.Tasks, Live: cfg.live,
		Clock: p.Clock, Log: p.Log, Owner: "execute-" + uuid.NewString(), Jitter: p.Jitter,
	}, Log: p.Log}), nil
}
