package gateway

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// sameSite lets only requests through that name a host of ours, and that no
// other site's page sent. It is what stops DNS rebinding and cross-origin
// calls to a gateway on somebody's own machine (abuse case S32).
func sameSite(allowed []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(allowed, hostname(r.Host)) {
			fail(w, r, fault.New(fault.Forbidden, "this host name is not served here; see GATEWAY_ALLOWED_HOSTS"))
			return
		}
		for _, origin := range r.Header.Values("Origin") {
			if u, err := url.Parse(origin); err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
				fail(w, r, fault.New(fault.Forbidden, "pages of other sites may not call this gateway"))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// hostname is host without its port and the brackets of IPv6, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}
