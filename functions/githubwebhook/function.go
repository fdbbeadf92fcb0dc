// Package githubwebhook receives GitHub's webhooks: it proves that GitHub sent
// them, checks what they say they are, and publishes them as CloudEvents. It
// decides nothing and keeps no state; 202 means that the event is durable.
package githubwebhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// maxGitHub is GitHub's own limit of a payload.
const maxGitHub = 25 << 20

// Config is read from the environment.
type Config struct {
	// MaxBody is the largest body in bytes, at most GitHub's 25 MiB.
	MaxBody int64 `env:"WEBHOOK_MAX_BODY, default=26214400"`
	// Topic that events are published to.
	Topic string `env:"WEBHOOK_TOPIC, default=github.webhook-events"`
	// Inline is the largest body in bytes that travels in the message; a
	// larger one goes to the blob store, and the message refers to it.
	Inline int64 `env:"WEBHOOK_INLINE, default=9000000"`
	// Secret names the webhook's secret in the secret store.
	Secret string `env:"WEBHOOK_SECRET_NAME, default=github-webhook"`
}

// Validate returns all mistakes at once.
func (c *Config) Validate() error {
	var errs []error
	if c.MaxBody < 1 || c.MaxBody > maxGitHub {
		errs = append(errs, fmt.Errorf("WEBHOOK_MAX_BODY is %d; it must be between 1 and %d", c.MaxBody, maxGitHub))
	}
	if c.Topic == "" {
		errs = append(errs, errors.New("WEBHOOK_TOPIC is empty; name a topic"))
	}
	if limit := int64(bus.MaxMessageBytes - 64<<10); c.Inline < 0 || c.Inline > limit {
		errs = append(errs, fmt.Errorf("WEBHOOK_INLINE is %d; it must be between 0 and %d", c.Inline, limit))
	}
	if c.Secret == "" {
		errs = append(errs, errors.New("WEBHOOK_SECRET_NAME is empty; name the webhook's secret"))
	}
	return errors.Join(errs...)
}

// Deps is what the function stands on.
type Deps struct {
	Publisher bus.Publisher
	Blobs     blob.Store
	Secrets   secret.Source
	Clock     clock.Clock
	Log       *slog.Logger
}

// New returns the receiving handler.
func New(c Config, d Deps) (http.Handler, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Publisher == nil || d.Blobs == nil || d.Secrets == nil || d.Clock == nil {
		return nil, errors.New("githubwebhook needs a publisher, blobs, secrets and a clock")
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &receiver{config: c, deps: d, keys: keys{source: d.Secrets, name: c.Secret, clock: d.Clock, log: d.Log}}, nil
}

func init() { function.Register("githubwebhook", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var c Config
	if err := function.Configure(ctx, p, &c); err != nil {
		return nil, err
	}
	return New(c, Deps{Publisher: p.Bus, Blobs: p.Blobs, Secrets: p.Secrets, Clock: p.Clock, Log: p.Log})
}
