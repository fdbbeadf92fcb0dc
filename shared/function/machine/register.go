package machine

import (
	"context"
	"errors"
	"os"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
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
	function.RegisterPlatform("machine", openEnvironment)
}

// openEnvironment is the platform's Opener. What it opens is closed by the
// process's end: all that was acknowledged is on disk.
func openEnvironment(ctx context.Context, env envconfig.Lookuper) (function.Platform, error) {
	var c Config
	if err := function.Configure(ctx, function.Platform{Env: env}, &c); err != nil {
		return function.Platform{}, err
	}
	m, err := Open(Options{Data: c.Data, Clock: clock.Real{}, Log: telemetry.NewLogger(os.Stderr, c.Log)})
	if err != nil {
		return function.Platform{}, err
	}
	return m.Platform(env), nil
}
