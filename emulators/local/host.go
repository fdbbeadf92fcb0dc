package local

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	blobfolder "github.com/InfinityXOneSystems/infinity-matrix/shared/blob/folder"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	busembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	secretfile "github.com/InfinityXOneSystems/infinity-matrix/shared/secret/file"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	storeembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/store/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	taskembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/task/embedded"
)

// host is the machine that the functions run on: the embedded drivers.
type host struct {
	cfg     Config
	log     *slog.Logger
	clock   clock.Clock
	db      *embedded.DB
	store   store.Store
	bus     bus.Bus
	tasks   task.Queue
	blobs   blob.Store
	secrets secret.Store
	close   []func() error
}

// openHost opens the data folder and the drivers on it.
func openHost(_ context.Context, cfg Config) (*host, error) {
	h := &host{cfg: cfg, log: cfg.Log, clock: cfg.Clock}
	if err := h.open(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *host) open() error {
	dir, err := h.cfg.folder("db")
	if err != nil {
		return err
	}
	if h.db, err = embedded.Open(dir, embedded.Options{Log: h.log}); err != nil {
		return err
	}
	h.close = append(h.close, h.db.Close)
	schema, err := store.DefaultSchema()
	if err != nil {
		return err
	}
	h.store = storeembedded.New(h.db, schema)
	if h.bus, err = busembedded.New(h.db, busembedded.Options{Clock: h.clock, Log: h.log}); err != nil {
		return err
	}
	h.close = append(h.close, h.bus.Close)
	if h.tasks, err = taskembedded.New(h.db, taskembedded.Options{Clock: h.clock, Log: h.log}); err != nil {
		return err
	}
	h.close = append(h.close, h.tasks.Close)
	blobs, err := h.cfg.folder("blobs")
	if err != nil {
		return err
	}
	if h.blobs, err = blobfolder.New(blobs); err != nil {
		return err
	}
	h.secrets, err = secretfile.New(filepath.Join(h.cfg.Data, "secrets.json"), h.clock)
	return err
}

// Close closes what open opened, last first.
func (h *host) Close() error {
	var errs []error
	for i := len(h.close) - 1; i >= 0; i-- {
		errs = append(errs, h.close[i]())
	}
	return errors.Join(errs...)
}

// platform is what every function stands on. The environment of the process
// wins over what the runner sets, so that a user can tune a function.
func (h *host) platform(e Endpoint) function.Platform {
	return function.Platform{
		Store: h.store, Bus: h.bus, Tasks: h.tasks, Blobs: h.blobs, Secrets: h.secrets, Clock: h.clock,
		Env: envconfig.MultiLookuper(envconfig.OsLookuper(), envconfig.MapLookuper(map[string]string{
			"INFINITY_POLICIES":          h.cfg.Policies,
			"EXECUTE_LIVE_INSTALLATIONS": "*", // the only GitHub here is the fake one
			"GITHUB_API_URL":             e.GitHub,
			"GITHUB_APP_ID":              strconv.Itoa(appID),
		})),
	}
}
