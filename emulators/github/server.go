// Package github is a stand-in for GitHub on one machine: the part of its REST
// API that the platform uses, with state, App authentication, limits and
// webhooks that carry GitHub's recorded payloads. It counts what clients
// change, so that a test can prove "exactly once". It is checked against
// GitHub's own OpenAPI description (openapi/), and is not for production.
package github

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Config says who the App is and where webhooks go.
type Config struct {
	Clock clock.Clock  // nil is the machine's
	Log   *slog.Logger // nil is silent
	// AppID, AppSlug and AppKey are the one App. Slug's default is
	// "infinity-matrix"; its bot is then "infinity-matrix[bot]".
	AppID   int64
	AppSlug string
	AppKey  *rsa.PublicKey
	// Permissions are what the App was granted on each repository; nil grants
	// all that the fake serves.
	Permissions map[string]string
	Secret      []byte // signs webhooks
	WebhookURL  string // where webhooks go; "" refuses to deliver
	// Echo sends the webhooks of what clients change, too, as GitHub does, with
	// the App's bot as sender.
	Echo    bool
	Journal string // file that keeps the state; "" keeps it in memory only
	// Users are accounts that exist from the start, beside those that payloads
	// tell of; nil is octocat and hubot.
	Users     []string
	Limits    Limits            // the zero value does not limit
	Transport http.RoundTripper // sends the webhooks; nil is net/http's
}

// Validate reports all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	if c.AppID <= 0 {
		errs = append(errs, errors.New("the App's id is missing"))
	}
	if c.AppKey == nil {
		errs = append(errs, errors.New("the App's public key is missing"))
	}
	if c.WebhookURL != "" && len(c.Secret) == 0 {
		errs = append(errs, errors.New("the webhook's secret is missing"))
	}
	return errors.Join(errs...)
}

// Server is the fake. It is safe for concurrent use.
type Server struct {
	cfg    Config
	routes router
	mux    *http.ServeMux // of the control interface
	client *http.Client

	mu      sync.Mutex
	state   state
	effects []Effect
	journal *journal
	faults  []*Fault
	limits  limits
	sending sync.WaitGroup // redeliveries and echoes on their way
}

// New returns a Server with the state that the journal holds.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the fake GitHub: %w", err)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.Real{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.AppSlug == "" {
		cfg.AppSlug = "infinity-matrix"
	}
	if cfg.Users == nil {
		cfg.Users = []string{"octocat", "hubot"}
	}
	if cfg.Permissions == nil {
		cfg.Permissions = allPermissions()
	}
	if cfg.Transport == nil { // not the shared one, whose connections others close
		cfg.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	s := &Server{cfg: cfg, client: &http.Client{Transport: cfg.Transport, Timeout: deliveryTimeout}, state: state{}}
	s.limits.byActor = map[string]*usage{}
	var err error
	s.journal, err = openJournal(cfg.Journal, func(e entry) {
		for _, w := range e.Writes {
			s.state.apply(w)
		}
		if e.Effect != nil {
			s.effects = append(s.effects, *e.Effect)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := s.begun(); err != nil {
		return nil, errors.Join(err, s.journal.close())
	}
	s.mux = http.NewServeMux()
	for _, r := range routes() {
		s.routes.add(r)
	}
	s.control()
	return s, nil
}

// Close waits for redeliveries and closes the journal.
func (s *Server) Close() error {
	s.sending.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.close()
}
