package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/permit"
)

// session sends requests under one scope's token. ghinstallation makes the
// token and renews it a minute before it expires.
type session struct {
	clients *Clients
	scope   Scope
	options *gh.InstallationTokenOptions
	gate    *gate

	mu     sync.Mutex
	tokens *ghinstallation.Transport
}

// RoundTrip implements http.RoundTripper. A 401 was not carried out, so the
// request is sent once more under a new token, a write too (F20).
func (s *session) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := s.token(req.Context(), "")
	if err != nil {
		return nil, err
	}
	resp, err := s.send(req, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || (req.Body != nil && req.GetBody == nil) {
		return resp, err
	}
	resp.Body.Close()
	if token, err = s.token(req.Context(), token); err != nil {
		return nil, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, fmt.Errorf("rewind the request: %w", err)
		}
	}
	return s.send(again, token)
}

func (s *session) send(req *http.Request, token string) (*http.Response, error) {
	write := req.Method != http.MethodGet && req.Method != http.MethodHead
	if err := s.gate.admit(write); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	if write {
		if err := permit.Ask(req.Context()); err != nil {
			return nil, err
		}
	}
	req = req.Clone(req.Context()) // a RoundTripper must not change the caller's
	req.Header.Set("Authorization", "token "+token)
	resp, err := s.clients.tr.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := s.gate.observe(resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// token returns the scope's token; it makes a new one if there is none, or if
// the one in use is stale. Callers that found the same token stale wait for
// one renewal.
func (s *session) token(ctx context.Context, stale string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens != nil {
		token, err := s.tokens.Token(ctx)
		if err == nil && token != stale {
			return token, nil
		}
		s.tokens = nil // with its key, which may have been rotated
	}
	if err := s.gate.admit(false); err != nil {
		return "", err
	}
	defer s.gate.leave()
	apps, err := s.clients.apps(ctx)
	if err != nil {
		return "", err
	}
	installation, err := s.installation(ctx, apps)
	if err != nil {
		return "", err
	}
	if err := s.clients.named(ctx); err != nil {
		return "", err
	}
	tokens := ghinstallation.NewFromAppsTransport(apps, installation)
	tokens.InstallationTokenOptions = s.options
	token, err := tokens.Token(ctx)
	if err != nil {
		return "", s.refused(err)
	}
	if err := s.covers(tokens); err != nil {
		return "", err
	}
	s.tokens = tokens
	return token, nil
}

// installation returns the scope's installation, asking GitHub for the one on
// the repository if the event named none.
func (s *session) installation(ctx context.Context, apps *ghinstallation.AppsTransport) (int64, error) {
	if s.scope.InstallationID != 0 {
		return s.scope.InstallationID, nil
	}
	owner, repo, err := Split(s.scope.Repository)
	if err != nil {
		return 0, err
	}
	found, _, err := s.clients.client(apps).Apps.FindRepositoryInstallation(ctx, owner, repo)
	if err = Fault(err, "find the App's installation on "+s.scope.Repository); fault.Is(err, fault.NotFound) {
		return 0, fault.Wrap(fault.NotFound, err, "the App is not installed on %s; install it", s.scope.Repository)
	}
	return found.GetID(), err
}

// apps returns a transport that signs as the App. ghinstallation writes to it
// while it makes a token, so each session has its own.
func (c *Clients) apps(ctx context.Context) (*ghinstallation.AppsTransport, error) {
	key, err := c.key(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the App's private key cannot be read; add it as secret %s", c.cfg.KeySecret)
	}
	apps := ghinstallation.NewAppsTransportFromPrivateKey(c.tr, c.cfg.AppID, key)
	apps.BaseURL = strings.TrimSuffix(c.base.String(), "/")
	return apps, nil
}

// covers checks that the token is for the repository that the event named.
// GitHub itself refuses the token elsewhere: on a repository that took over
// an old name, or that has left the installation.
func (s *session) covers(tokens *ghinstallation.Transport) error {
	repositories, err := tokens.Repositories()
	if err != nil {
		return fmt.Errorf("read the token's repositories: %w", err)
	}
	for i := range repositories {
		r := &repositories[i]
		switch {
		case r.GetID() != s.scope.RepositoryID:
		case strings.EqualFold(r.GetFullName(), s.scope.Repository):
			return nil
		default:
			return fault.New(fault.Conflict, "%s is called %s by now; the event is out of date", s.scope.Repository, r.GetFullName())
		}
	}
	return fault.New(fault.NotFound, "repository %d (%s) is not in installation %d; install the App on it",
		s.scope.RepositoryID, s.scope.Repository, s.scope.InstallationID)
}

// refused explains why GitHub made no token.
func (s *session) refused(err error) error {
	e, ok := errors.AsType[*ghinstallation.HTTPError](err)
	if !ok || e.Response == nil {
		return Fault(err, "make a token for "+s.scope.Repository)
	}
	defer e.Response.Body.Close()
	if limit := s.gate.observe(e.Response); limit != nil {
		return limit
	}
	message := "make a token for " + s.scope.Repository
	if e.Response.StatusCode == http.StatusUnprocessableEntity {
		if strings.Contains(bodyText(e.Response), "repositor") {
			return fault.Wrap(fault.NotFound, err, "%s is not in installation %d; install the App on it", s.scope.Repository, s.scope.InstallationID)
		}
		return fault.Wrap(fault.Forbidden, err, "the App lacks a permission on %s; grant %s in its settings", s.scope.Repository, s.scope.permissions())
	}
	return byStatus(e.Response.StatusCode, err, message)
}
