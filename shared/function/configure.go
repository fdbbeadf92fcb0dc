package function

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Configure reads the environment of p into cfg, a pointer to a struct with
// env tags, and validates it. The error says all that is wrong.
func Configure(ctx context.Context, p Platform, cfg interface{ Validate() error }) error {
	if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: cfg, Lookuper: p.Env}); err != nil {
		return fault.New(fault.Invalid, "the configuration cannot be read: %s", err)
	}
	if err := cfg.Validate(); err != nil {
		return fault.New(fault.Invalid, "the configuration is not valid: %s", err)
	}
	return nil
}

// Opener opens the drivers of one kind of platform, as env says.
type Opener func(ctx context.Context, env envconfig.Lookuper) (Platform, error)

// platforms is filled by the drivers' init and only read afterwards.
var platforms = map[string]Opener{}

// RegisterPlatform makes a platform known: one line in its package's init, and
// one blank import in the program that may stand on it.
func RegisterPlatform(name string, o Opener) { platforms[name] = o }

// OS returns the process's environment.
func OS() envconfig.Lookuper { return envconfig.OsLookuper() }

// Open opens the platform that INFINITY_PLATFORM names, or the only one that
// the program has.
func Open(ctx context.Context, env envconfig.Lookuper) (Platform, error) {
	names := slices.Sorted(maps.Keys(platforms))
	name, ok := env.Lookup("INFINITY_PLATFORM")
	if !ok && len(names) == 1 {
		name = names[0]
	}
	open, ok := platforms[name]
	if !ok {
		return Platform{}, fault.New(fault.Invalid, "there is no platform %q in this program; set INFINITY_PLATFORM to one of: %s", name, strings.Join(names, ", "))
	}
	p, err := open(ctx, env)
	if err != nil {
		return Platform{}, fmt.Errorf("open the platform %s: %w", name, err)
	}
	return p, nil
}
