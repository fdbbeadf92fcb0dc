// Package machine is the platform of one function that runs alone on one
// machine: bus, blobs and secrets in one data folder, which one process has at
// a time. It has no documents and no tasks; `infinity up` runs functions
// together, on all drivers.
package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob/folder"
	busembedded "github.com/InfinityXOneSystems/infinity-matrix/shared/bus/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/embedded"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret/file"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

// Config is read from the environment.
type Config struct {
	// Data is the folder that keeps everything.
	Data string `env:"INFINITY_DATA, default=.data"`
	Log  telemetry.Config
}

// Validate implements what function.Configure asks for.
func (c *Config) Validate() error {
	if c.Data == "" {
		return errors.New("INFINITY_DATA is empty; name a folder")
	}
	return nil
}

func init() { //nolint:gochecknoinits // registration
	function.RegisterPlatform("machine", open)
}

// open is the platform's Opener. What it opens is closed by the process's end:
// all that was acknowledged is on disk.
func open(ctx context.Context, env envconfig.Lookuper) (function.Platform, error) {
	p := function.Platform{Env: env, Clock: clock.Real{}}
	var c Config
	if err := function.Configure(ctx, p, &c); err != nil {
		return p, err
	}
	p.Log = telemetry.NewLogger(os.Stderr, c.Log)
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return p, fault.Wrap(fault.Unavailable, err, "cannot create the data folder %s; set INFINITY_DATA to another", c.Data)
	}
	secrets, err := file.New(filepath.Join(c.Data, "secrets.json"), p.Clock)
	if err != nil {
		return p, err
	}
	p.Secrets = secrets
	db, err := embedded.Open(filepath.Join(c.Data, "db"), embedded.Options{Log: p.Log})
	if err != nil {
		return p, err
	}
	return drivers(p, c, db)
}

func drivers(p function.Platform, c Config, db *embedded.DB) (function.Platform, error) {
	events, err := busembedded.New(db, busembedded.Options{Clock: p.Clock, Log: p.Log})
	if err != nil {
		return p, errors.Join(fmt.Errorf("open the bus: %w", err), db.Close())
	}
	blobs, err := folder.New(filepath.Join(c.Data, "blobs"))
	if err != nil {
		return p, errors.Join(err, events.Close(), db.Close())
	}
	p.Bus, p.Blobs = events, blobs
	return p, nil
}
