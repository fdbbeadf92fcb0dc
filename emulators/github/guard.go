package github

import (
	"net"
	"net/http"
	"strings"
)

// guard says why a request is not served, or "" if it is. The fake has no
// keys of its own, so that it must serve this machine's programs only: a page
// in a browser on this machine could else make signed events and effects, by a
// form that asks nobody (Origin) or by DNS rebinding (Host) (abuse case S32).
func guard(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil && !net.ParseIP(host).IsLoopback() {
		return "the fake GitHub serves this machine only"
	}
	if !loopback(r.Host) {
		return "the fake GitHub is reached by 127.0.0.1 or localhost only"
	}
	if len(r.Header.Values("Origin")) > 0 || crossSite(r.Header.Get("Sec-Fetch-Site")) {
		return "the fake GitHub serves programs, no web pages"
	}
	return ""
}

// crossSite reads the header that browsers alone can set (Fetch Metadata,
// W3C): "none" is a person who typed the address, "" no browser at all.
func crossSite(site string) bool { return site != "" && site != "none" }

// loopback reports whether a Host header names this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.EqualFold(host, "localhost") || net.ParseIP(strings.Trim(host, "[]")).IsLoopback()
}
