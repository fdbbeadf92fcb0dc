package local

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// fakeGitHub opens the GitHub that stands beside the platform. It knows the
// App's public key and the webhook's secret, as the real one does.
func (h *host) fakeGitHub(ctx context.Context, webhook string) (*github.Server, error) {
	hook, err := h.secret(ctx, secretWebhook, newWebhookSecret)
	if err != nil {
		return nil, err
	}
	private, err := h.secret(ctx, secretAppKey, newAppKey)
	if err != nil {
		return nil, err
	}
	public, err := publicKey(private)
	if err != nil {
		return nil, err
	}
	dir, err := h.cfg.folder("github")
	if err != nil {
		return nil, err
	}
	world, err := github.New(github.Config{
		Clock: h.clock, Log: h.log.With(slog.String("emulator", "github")), AppID: appID, AppKey: public,
		Secret: hook, WebhookURL: webhook, Journal: filepath.Join(dir, "journal.jsonl"),
	})
	if err != nil {
		return nil, fmt.Errorf("start the fake GitHub: %w", err)
	}
	return world, nil
}

// policies returns how many policies are in force, or why there are none.
func (h *host) policies() (int, error) {
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		return 0, err
	}
	set, err := policy.Load(os.DirFS(h.cfg.Policies), actions)
	if err != nil {
		return 0, err
	}
	return len(set.Policies()), nil
}
