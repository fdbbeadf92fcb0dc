// Package github makes clients of GitHub's REST API that may do as little as
// the caller needs: each holds an installation token of the App for one
// repository and the permissions asked for (S30). It keeps the rate limits,
// refreshes a token at most once and turns GitHub's errors into fault kinds.
// It is not the receiver of webhooks and knows no action.
package github

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config says which App the platform is and where GitHub is.
type Config struct {
	AppID int64 `env:"GITHUB_APP_ID"`
	// Slug is the App's name in addresses, by which decide knows the App's own
	// events. With another one than GitHub's, no token is made. "" is not checked.
	Slug string `env:"GITHUB_APP_SLUG, default=infinity-matrix"`
	// KeySecret names the secret that holds the App's private key (PEM, RSA).
	KeySecret string `env:"GITHUB_APP_KEY_SECRET, default=github-app-key"`
	// BaseURL is GitHub's API, a GitHub Enterprise Server's, or the fake's.
	BaseURL string `env:"GITHUB_API_URL, default=https://api.github.com"`
	// Instances is how many instances share an installation's limits: each keeps
	// to its part of them. 0 keeps to none, for a GitHub that has none (the fake).
	Instances int `env:"GITHUB_INSTANCES, default=1"`
	// Timeout bounds one request; an earlier deadline of the context wins.
	Timeout time.Duration `env:"GITHUB_TIMEOUT, default=10s"`
}

// maxInstances is how many can share the limits so that each may write at all.
const maxInstances = 20

// Validate reports all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	if c.AppID <= 0 {
		errs = append(errs, errors.New("GITHUB_APP_ID: give the App's numeric id"))
	}
	if c.KeySecret == "" {
		errs = append(errs, errors.New("GITHUB_APP_KEY_SECRET: name the secret with the App's private key"))
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		errs = append(errs, fmt.Errorf("GITHUB_API_URL: %q is no http(s) URL", c.BaseURL))
	} else if u.Scheme == "http" && !loopback(u.Hostname()) {
		errs = append(errs, errors.New("GITHUB_API_URL: plain http is for a fake on this machine only; use https"))
	}
	if c.Instances < 0 || c.Instances > maxInstances {
		errs = append(errs, fmt.Errorf("GITHUB_INSTANCES is %d; say how many instances share the limits, up to %d, or 0 for no limits", c.Instances, maxInstances))
	}
	if c.Timeout <= 0 {
		errs = append(errs, errors.New("GITHUB_TIMEOUT: must be longer than zero"))
	}
	return errors.Join(errs...)
}
