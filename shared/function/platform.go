// Package function is the harness of every deployable: it opens the drivers
// that the configuration names, serves a handler with limits, timeouts,
// recovery, tracing and a health route, stops gracefully, and maps errors to
// status codes. It holds no business rule.
package function

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/sethvargo/go-envconfig"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Platform is what a function may stand on: the ports, opened. A function's
// constructor picks what its Deps needs.
type Platform struct {
	Store   store.Store
	Bus     bus.Publisher
	Letters bus.Inspector // what the bus's subscriptions gave up
	Tasks   task.Enqueuer
	Blobs   blob.Store
	Secrets secret.Source
	Clock   clock.Clock
	Log     *slog.Logger
	Env     envconfig.Lookuper // where Config structs are read from

	// Transport sends requests to other services; nil is net/http's. Jitter, in
	// [0,1), parts what failed together; nil is chance. The simulation sets them.
	Transport http.RoundTripper
	Jitter    func() float64
}

// Constructor builds a function's handler.
type Constructor func(ctx context.Context, p Platform) (http.Handler, error)
