package gateway

import (
	"context"
	"net/http"
	"os"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

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
	return New(cfg, Deps{
		Store: p.Store, Tasks: p.Tasks, Clock: p.Clock, Log: p.Log,
		Answers: execution.NewMachine(execution.Deps{Store: p.Store, Clock: p.Clock}),
		Decider: decision.NewEngine(decision.Deps{
			Store: p.Store, Blobs: p.Blobs, Actions: actions, Clock: p.Clock, Log: p.Log,
			Policies: decision.NewFolder(os.DirFS(cfg.Policies), actions, p.Clock, p.Log),
		}),
		Controls: control.Controls{Store: p.Store, Clock: p.Clock},
		Keys:     auth.Keys{Store: p.Store, Clock: p.Clock},
	}), nil
}
