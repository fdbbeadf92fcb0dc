package local

import (
	"strconv"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
)

// host is the machine that the functions run on.
type host struct {
	*machine.Machine
	cfg Config
}

// openHost opens the data folder and the drivers on it.
func openHost(cfg Config) (*host, error) {
	m, err := machine.Open(machine.Options{Data: cfg.Data, Clock: cfg.Clock, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	return &host{Machine: m, cfg: cfg}, nil
}

// platform is what every function stands on. The environment of the process
// wins over what the runner sets, so that a user can tune a function.
func (h *host) platform(e Endpoint) function.Platform {
	return h.Platform(envconfig.MultiLookuper(envconfig.OsLookuper(), envconfig.MapLookuper(map[string]string{
		"INFINITY_POLICIES":          h.cfg.Policies,
		"EXECUTE_LIVE_INSTALLATIONS": "*", // the only GitHub here is the fake one
		"GITHUB_API_URL":             e.GitHub,
		"GITHUB_APP_ID":              strconv.Itoa(appID),
		"GITHUB_INSTANCES":           "0", // which has no limits
	})))
}
