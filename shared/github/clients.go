package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/secret"
)

// maxSessions bounds the tokens that are kept; beyond it they are made anew.
const maxSessions = 4096

// Deps is what Clients stands on.
type Deps struct {
	Secrets secret.Source
	Clock   clock.Clock
	// Transport sends the requests; nil is a copy of net/http's default.
	Transport http.RoundTripper
}

// Clients makes clients. It is safe for concurrent use and keeps tokens and
// rate limits between calls, so a process needs one.
type Clients struct {
	cfg     Config
	base    *url.URL
	secrets secret.Source
	clock   clock.Clock
	tr      http.RoundTripper

	mu       sync.Mutex
	sessions map[string]*session
	gates    map[int64]*gate

	bot struct {
		sync.Mutex
		login string
	}
}

// New returns Clients for the App of cfg.
func New(cfg Config, d Deps) (*Clients, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the GitHub client: %w", err)
	}
	base, err := url.Parse(strings.TrimSuffix(cfg.BaseURL, "/") + "/")
	if err != nil {
		return nil, fmt.Errorf("configure the GitHub client: %w", err)
	}
	tr := d.Transport
	if tr == nil {
		tr = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Clients{
		cfg: cfg, base: base, secrets: d.Secrets, clock: d.Clock, tr: tr,
		sessions: map[string]*session{}, gates: map[int64]*gate{},
	}, nil
}

// Client returns a client that may do what s says and no more. Its token is
// made at the first request; errors of its calls are for Fault.
func (c *Clients) Client(s Scope) (*gh.Client, error) {
	if _, _, err := Split(s.Repository); err != nil {
		return nil, err
	}
	options, err := s.options()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ses, ok := c.sessions[s.id()]
	if !ok {
		if len(c.sessions) >= maxSessions {
			clear(c.sessions)
		}
		ses = &session{clients: c, scope: s, options: options, gate: c.gate(s.InstallationID)}
		c.sessions[s.id()] = ses
	}
	return c.client(ses), nil
}

// gate returns the installation's gate: its limits count for all its tokens. 0
// is the App itself, and the installations that no event named.
func (c *Clients) gate(installation int64) *gate {
	g, ok := c.gates[installation]
	if !ok {
		g = &gate{clock: c.clock, budget: newBudget(c.cfg.Instances)}
		c.gates[installation] = g
	}
	return g
}

// client wraps tr. It follows no redirect: a moved repository is a stale
// target, and a redirected write could hit another one.
func (c *Clients) client(tr http.RoundTripper) *gh.Client {
	client := gh.NewClient(&http.Client{
		Transport:     tr,
		Timeout:       c.cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	base := *c.base
	client.BaseURL = &base
	client.UserAgent = "infinity-matrix"
	return client
}

// named checks that the App bears the name of the configuration: under another
// one its own events would be taken for a stranger's, and answered for ever.
func (c *Clients) named(ctx context.Context) error {
	if c.cfg.Slug == "" {
		return nil
	}
	bot, err := c.Bot(ctx)
	if err != nil {
		return err
	}
	if !strings.EqualFold(bot, c.cfg.Slug+"[bot]") {
		return fault.New(fault.Forbidden, "GITHUB_APP_SLUG is %q, but GitHub calls App %d %q; set it to that, or the platform does not know its own events",
			c.cfg.Slug, c.cfg.AppID, strings.TrimSuffix(bot, "[bot]"))
	}
	return nil
}

// Bot returns the login under which GitHub shows what the App wrote, like
// "infinity-matrix[bot]". No person can have it: logins hold no brackets.
func (c *Clients) Bot(ctx context.Context) (string, error) {
	c.bot.Lock()
	defer c.bot.Unlock()
	if c.bot.login != "" {
		return c.bot.login, nil
	}
	c.mu.Lock()
	own := c.gate(0)
	c.mu.Unlock()
	if err := own.admit(false); err != nil {
		return "", err
	}
	defer own.leave()
	apps, err := c.apps(ctx)
	if err != nil {
		return "", err
	}
	app, _, err := c.client(apps).Apps.Get(ctx, "")
	if err != nil {
		return "", Fault(err, "read the App's own name")
	}
	c.bot.login = app.GetSlug() + "[bot]"
	return c.bot.login, nil
}
