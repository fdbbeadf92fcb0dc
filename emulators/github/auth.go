package github

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// principal is who a request comes from: the App itself, or an installation.
type principal struct {
	app          bool
	installation int64
	repositories []int64 // of the token
	permissions  map[string]string
}

func (p principal) covers(repository int64) bool { return slices.Contains(p.repositories, repository) }

// may reports whether the token was made with permission name at level.
func (p principal) may(name, level string) bool {
	have := p.permissions[name]
	return name == "metadata" || have == level || have == "write" || have == "admin"
}

func credential(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return ""
	}
	return token
}

// actorOf names whose limits a request counts against: its credential's.
func actorOf(r *http.Request) string {
	sum := sha256.Sum256([]byte(credential(r)))
	return hex.EncodeToString(sum[:])
}

// authenticate tells an App's JWT from an installation's token.
// https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
func (s *Server) authenticate(c *call) (principal, answer) {
	token := credential(c.r)
	switch {
	case token == "":
		return principal{}, refuse(http.StatusUnauthorized, "Requires authentication")
	case strings.Count(token, ".") == 2:
		if err := s.checkJWT(token, c.now); err != nil {
			return principal{}, refuse(http.StatusUnauthorized, err.Error())
		}
		return principal{app: true}, answer{}
	}
	grant := c.get("tokens", actorOf(c.r))
	expires, err := time.Parse(time.RFC3339, text(grant["expires_at"]))
	if grant == nil || err != nil || !c.now.Before(expires) {
		return principal{}, refuse(http.StatusUnauthorized, "Bad credentials")
	}
	p := principal{installation: number(grant["installation"]), permissions: map[string]string{}}
	if inst := c.get("installations", key(p.installation)); inst == nil || inst["suspended_at"] != nil {
		return p, refuse(http.StatusForbidden, "This installation has been suspended")
	}
	for name, level := range sub(grant, "permissions") {
		p.permissions[name] = text(level)
	}
	list, _ := grant["repositories"].([]any) // none then
	for _, id := range list {
		if c.get("installed", key(number(id), p.installation)) != nil {
			p.repositories = append(p.repositories, number(id))
		}
	}
	return p, answer{}
}

// checkJWT checks signature, issuer and times; GitHub takes 10 minutes at most
// and a minute of skew.
func (s *Server) checkJWT(token string, now time.Time) error {
	claims := jwt.RegisteredClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return s.cfg.AppKey, nil }); err != nil {
		return fmt.Errorf("A JSON web token could not be decoded") //nolint:staticcheck // GitHub's words
	}
	switch {
	case claims.Issuer != strconv.FormatInt(s.cfg.AppID, 10):
		return fmt.Errorf("'Issuer' claim ('iss') must be an Integer or String of the App's id")
	case claims.ExpiresAt == nil || !now.Before(claims.ExpiresAt.Time):
		return fmt.Errorf("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case claims.ExpiresAt.Sub(now) > 10*time.Minute+time.Second:
		return fmt.Errorf("'Expiration time' claim ('exp') is too far in the future")
	case claims.IssuedAt == nil || claims.IssuedAt.After(now.Add(time.Minute)):
		return fmt.Errorf("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	return nil
}
