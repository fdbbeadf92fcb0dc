package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/client"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// running returns a client of the gateway, if it answers.
func (a *app) running(ctx context.Context) (*client.Client, error) {
	c, err := a.gateway()
	if err == nil {
		err = c.Get(ctx, "/v1/healthz", nil, nil)
	}
	return c, err
}

// open opens the data folder of a platform that does not run; err is how that
// was found out, and is returned if there is no such folder.
func (a *app) open(err error) (*machine.Machine, error) {
	if _, there := os.Stat(filepath.Join(a.data, "db")); a.flags.URL != "" || !fault.Is(err, fault.Unavailable) || there != nil {
		if errors.Is(there, fs.ErrNotExist) && a.flags.URL == "" && fault.Is(err, fault.Unavailable) {
			return nil, fault.Wrap(fault.NotFound, err, "there is no state in %s, and nothing runs there; name the data folder with --data", a.data)
		}
		return nil, stopped(err)
	}
	return machine.Open(machine.Options{Data: a.data, Clock: a.clock, Log: slog.New(slog.DiscardHandler)})
}

// reader returns a client of the gateway or, while nothing runs here, of one
// within this process that reads the data folder.
func (a *app) reader(ctx context.Context) (c *client.Client, done func() error, err error) {
	if c, err = a.running(ctx); err == nil {
		return c, func() error { return nil }, nil
	}
	m, err := a.open(err)
	if err != nil {
		return nil, nil, err
	}
	schema, err := store.DefaultSchema()
	if err != nil {
		return nil, nil, err
	}
	cfg := gateway.Config{AllowedHosts: []string{client.Within}, Schema: schema}
	return client.Of(gateway.New(cfg, gateway.Deps{Store: m.Store, Blobs: m.Blobs, Clock: m.Clock, Log: m.Log, Keys: owner{}})), m.Close, nil
}

// owner is who can read the folder: they may read it through the gateway too,
// and change nothing.
type owner struct{}

// Verify implements auth.Verifier.
func (owner) Verify(context.Context, string) (auth.Identity, error) {
	return auth.Identity{Name: "local", Role: auth.Viewer}, nil
}
