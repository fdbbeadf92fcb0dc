package auth

import (
	"context"
	"net/http"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Verifier tells whose token it is; fault.Unauthenticated if nobody's.
type Verifier interface {
	Verify(ctx context.Context, token string) (Identity, error)
}

// Authenticator finds out who calls.
type Authenticator struct {
	Keys    Verifier
	Limiter *Limiter
	// Forwarded takes the caller's address from the last X-Forwarded-For
	// entry, which the front end of Cloud Run writes; else it is the peer's.
	Forwarded bool
	// Fail writes an error to the caller.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Wrap puts the caller's identity (RFC 6750 bearer token) into the request's
// context. A caller without a token passes as None: what None may do, the
// Matrix says. A bad token is refused, and after ten in a minute the address.
func (a *Authenticator) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := r.Header.Get("Authorization")
		if header == "" {
			next.ServeHTTP(w, r)
			return
		}
		id, err := a.identify(r, header)
		if err != nil {
			a.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), id)))
	})
}

func (a *Authenticator) identify(r *http.Request, header string) (Identity, error) {
	addr := a.address(r)
	if wait := a.Limiter.Wait(addr); wait > 0 {
		err := fault.New(fault.Exhausted, "too many failed attempts from this address; try again later")
		err.RetryAfter = wait
		return Identity{}, err
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = "" // nobody's
	}
	id, err := a.Keys.Verify(r.Context(), token)
	if fault.Is(err, fault.Unauthenticated) {
		a.Limiter.Fail(addr)
	}
	return id, err
}

func (a *Authenticator) address(r *http.Request) string {
	if !a.Forwarded {
		return r.RemoteAddr
	}
	hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	return strings.TrimSpace(hops[len(hops)-1])
}
