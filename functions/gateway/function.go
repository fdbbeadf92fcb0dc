// Package gateway is the function that serves the REST interface which the
// command line and the dashboard use: what was received, decided and done, and
// a person's answers to it. It decides nothing itself. The OpenAPI description
// is generated from the handlers (docs/adr/0009).
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/desk"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/link"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/deadletter"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/erasure"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Config is read from the environment.
type Config struct {
	// Policies is the folder (.infinity) that replay and explain read.
	Policies string `env:"INFINITY_POLICIES, default=.infinity"`
	// AllowedHosts are the host names a request may be addressed to, without
	// ports. The default is this machine's own; the cloud sets its own.
	AllowedHosts []string `env:"GATEWAY_ALLOWED_HOSTS, default=localhost,127.0.0.1,::1"`
	// Forwarded: a front end writes the caller's address into X-Forwarded-For.
	Forwarded bool `env:"GATEWAY_FORWARDED, default=false"`
	// PlanTimeout ends a back-test that takes longer.
	PlanTimeout time.Duration `env:"GATEWAY_PLAN_TIMEOUT, default=5m"`
	// App says which events are our own, for replays and back-tests.
	App decision.App
	// LinkKey names the secret whose versions sign links, at least 32 bytes each.
	LinkKey string `env:"GATEWAY_LINK_KEY_SECRET, default=approval-link-key"`
	// Schema says which filters the store has an index for; the others are
	// applied to what it answers.
	Schema store.Schema
}

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	if c.Policies == "" {
		errs = append(errs, errors.New("INFINITY_POLICIES is empty; name the folder that holds policies/"))
	}
	if c.LinkKey == "" {
		errs = append(errs, errors.New("GATEWAY_LINK_KEY_SECRET is empty; name the secret that signs links"))
	}
	if c.PlanTimeout <= 0 {
		errs = append(errs, fmt.Errorf("GATEWAY_PLAN_TIMEOUT is %s; it must be above zero", c.PlanTimeout))
	}
	if len(c.AllowedHosts) == 0 {
		errs = append(errs, errors.New("GATEWAY_ALLOWED_HOSTS is empty; list the host names that are served"))
	}
	for _, h := range c.AllowedHosts {
		if h == "" || h != strings.ToLower(h) || strings.ContainsAny(h, "/*[] ") {
			errs = append(errs, fmt.Errorf("GATEWAY_ALLOWED_HOSTS has %q; write plain host names in lower case, without port or wildcard", h))
		}
	}
	return errors.Join(append(errs, c.App.Validate())...)
}

// Answers takes a person's answer to a waiting execution.
type Answers interface {
	Answer(ctx context.Context, id string, a approval.Answer) (execution.Execution, error)
}

// Decider says what would be decided on a recorded event now, and why.
type Decider interface {
	Replay(ctx context.Context, id string) (decision.Decision, error)
	Explain(ctx context.Context, id, policy string) (policy.Explanation, error)
}

// Eraser takes people out of what is kept.
type Eraser interface {
	Erase(ctx context.Context, r erasure.Request) (erasure.Erasure, error)
}

// Deps is what the handler stands on.
type Deps struct {
	Store      store.Store
	Blobs      Blobs
	Tasks      task.Enqueuer
	Answers    Answers
	Links      Links
	Approvers  desk.Config
	Reverts    Reverts
	Decider    Decider
	Backtester Backtester
	Trusted    Trusted
	Controls   control.Controls
	Letters    deadletter.Box
	Eraser     Eraser
	Keys       auth.Verifier
	Clock      clock.Clock
	Log        *slog.Logger
}

// New returns the handler of all routes.
func New(c Config, d Deps) http.Handler {
	mux := http.NewServeMux()
	newAPI(mux, d, c.Schema)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, fault.New(fault.NotFound, "there is no such route; GET /v1/openapi.json lists them"))
	})
	who := &auth.Authenticator{Keys: d.Keys, Limiter: auth.NewLimiter(d.Clock), Forwarded: c.Forwarded, Fail: fail}
	return sameSite(c.AllowedHosts, who.Wrap(mux))
}

func init() { function.Register("gateway", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var cfg Config
	if err := function.Configure(ctx, p, &cfg); err != nil {
		return nil, err
	}
	actions, err := action.NewRegistry(actiongithub.New(nil)...) // specs and keys only: nothing is called
	if err != nil {
		return nil, err
	}
	if cfg.Schema, err = store.DefaultSchema(); err != nil {
		return nil, err
	}
	files := os.DirFS(cfg.Policies)
	policies, trusted := decision.NewFolder(files, actions, p.Clock, p.Log), autonomy.NewFolder(files, actions, p.Clock, p.Log)
	engine := decision.Deps{
		Store: p.Store, Blobs: p.Blobs, Actions: actions, Clock: p.Clock, Log: p.Log,
		Policies: policies, Autonomy: trusted, App: cfg.App,
	}
	machine := execution.NewMachine(execution.Deps{Store: p.Store, Clock: p.Clock, Holds: []execution.Gate{control.Gate}})
	approvers := approval.NewFolder(os.DirFS(cfg.Policies), p.Clock, p.Log)
	answers := &desk.Desk{
		Machine: machine, Config: approvers, Store: p.Store, Tasks: p.Tasks, Clock: p.Clock,
		Links: link.Keys{Source: p.Secrets, Secret: cfg.LinkKey},
	}
	return New(cfg, Deps{
		Store: p.Store, Blobs: p.Blobs, Tasks: p.Tasks, Clock: p.Clock, Log: p.Log, Reverts: machine, Approvers: approvers,
		Trusted: Trusted{Policies: policies, Autonomy: trusted, Reversible: reversible(actions)},
		Answers: answers, Links: answers,
		Decider:    decision.NewEngine(engine),
		Backtester: NewBacktests(engine, actions, cfg.PlanTimeout),
		Letters:    deadletter.Box{Publisher: p.Bus, Letters: p.Letters, Store: p.Store, Clock: p.Clock},
		Eraser:     &erasure.Eraser{Store: p.Store, Blobs: p.Blobs, Letters: p.Letters, Clock: p.Clock},
		Controls:   control.Controls{Store: p.Store, Clock: p.Clock, Tasks: p.Tasks},
		Keys:       auth.Keys{Store: p.Store, Clock: p.Clock},
	}), nil
}
