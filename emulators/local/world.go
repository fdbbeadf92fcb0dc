package local

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// world is the GitHub that the platform acts on: a fake one in this process,
// or one of another process on this machine.
type world struct {
	url    string
	server *github.Server // nil until fakeGitHub has made it
	listen net.Listener   // nil if it is another process's
}

// openWorld opens the port of the fake GitHub, or checks that the one given is
// on this machine: what runs here is live on every installation.
func (h *host) openWorld(ctx context.Context) (*world, error) {
	if h.cfg.GitHub != "" {
		u, err := url.Parse(h.cfg.GitHub)
		if err != nil || !net.ParseIP(u.Hostname()).IsLoopback() {
			return nil, fault.New(fault.Invalid, "--github %s is not on this machine; give http://127.0.0.1:PORT of a fake GitHub", h.cfg.GitHub)
		}
		return &world{url: h.cfg.GitHub}, nil
	}
	l, err := listen(ctx, "--github-port", h.cfg.GitHubPort)
	if err != nil {
		return nil, err
	}
	return &world{url: "http://" + l.Addr().String(), listen: l}, nil
}

// serve runs the fake until ctx ends.
func (w *world) serve(ctx context.Context) error {
	if w.server == nil {
		return nil
	}
	return serve(ctx, w.listen, w.server)
}

// Close ends the fake; its journal is complete.
func (w *world) Close() error {
	if w.listen != nil {
		_ = w.listen.Close() // serve has closed it already, unless the start failed
	}
	if w.server == nil {
		return nil
	}
	return w.server.Close()
}

// fakeGitHub makes the fake, unless w is another process's. It knows the App's
// public key and the webhook's secret, as the real one does.
func (h *host) fakeGitHub(ctx context.Context, w *world, webhook string) error {
	if w.listen == nil {
		return nil
	}
	hook, err := h.secret(ctx, secretWebhook, newWebhookSecret)
	if err != nil {
		return err
	}
	private, err := h.secret(ctx, secretAppKey, newAppKey)
	if err != nil {
		return err
	}
	public, err := publicKey(private)
	if err != nil {
		return err
	}
	dir, err := h.cfg.folder("github")
	if err != nil {
		return err
	}
	w.server, err = github.New(github.Config{
		Clock: h.Clock, Log: h.Log.With(slog.String("emulator", "github")), AppID: appID, AppKey: public,
		Secret: hook, WebhookURL: webhook, Echo: h.cfg.Echo, Journal: filepath.Join(dir, "journal.jsonl"),
	})
	if err != nil {
		return fmt.Errorf("start the fake GitHub: %w", err)
	}
	return nil
}

// policies returns how many policies are in force, or why nothing may be done.
func (h *host) policies() (int, error) {
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		return 0, err
	}
	set, err := policy.Load(os.DirFS(h.cfg.Policies), actions)
	if err != nil {
		return 0, err
	}
	_, err = autonomy.Load(os.DirFS(h.cfg.Policies), actions)
	return len(set.Policies()), err
}
