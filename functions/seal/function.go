// Package seal is the function that puts new audit records into the log that
// can be verified. The log is shared/audit/transparency's; this package only
// wires it to the platform.
package seal

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// Config is read from the environment.
type Config struct {
	// Secret names the secret that holds the log's signing key.
	Secret string `env:"SEAL_KEY_SECRET, default=audit-log-key"`
}

// Validate returns all mistakes at once.
func (c Config) Validate() error {
	if c.Secret == "" {
		return fault.New(fault.Invalid, "SEAL_KEY_SECRET is empty; name the secret that holds the audit log's key")
	}
	return nil
}

// Sealer puts what is not in the log yet into it and says how much that was.
type Sealer interface {
	Seal(ctx context.Context) (int, error)
}

// Deps is what the handler stands on.
type Deps struct {
	Sealer Sealer
	Log    *slog.Logger
}

// New returns the handler that the schedule calls.
func New(d Deps) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sealed, err := d.Sealer.Seal(r.Context())
		if sealed > 0 {
			d.Log.DebugContext(r.Context(), "audit records sealed", slog.Int("sealed", sealed))
		}
		if err != nil {
			function.WriteError(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func init() { function.Register("seal", build) }

func build(ctx context.Context, p function.Platform) (http.Handler, error) {
	var cfg Config
	if err := function.Configure(ctx, p, &cfg); err != nil {
		return nil, err
	}
	return New(Deps{Sealer: &keyed{p: p, secret: cfg.Secret}, Log: p.Log}), nil
}

// keyed is the log under the key that the secret holds at the time.
type keyed struct {
	p      function.Platform
	secret string
}

// Seal implements Sealer.
func (k *keyed) Seal(ctx context.Context) (int, error) {
	versions, err := k.p.Secrets.Versions(ctx, k.secret)
	if err != nil {
		return 0, fault.Wrap(fault.Unavailable, err, "cannot read the audit log's key: secret %s", k.secret)
	}
	signer, key, err := transparency.ParseKey(string(versions[0].Value))
	if err != nil {
		return 0, err
	}
	log := transparency.Log{Store: k.p.Store, Blobs: k.p.Blobs, Clock: k.p.Clock, Signer: signer, Key: key}
	return log.Seal(ctx)
}
