package github

import (
	"net/http"
	"net/url"
	"strings"
)

// router finds a request's route. net/http's ServeMux refuses GitHub's paths:
// /issues/comments/{id} and /issues/{number}/comments overlap.
type router []struct {
	route
	method   string
	segments []string
}

func (rt *router) add(r route) {
	method, path, _ := strings.Cut(r.pattern, " ")
	*rt = append(*rt, struct {
		route
		method   string
		segments []string
	}{r, method, strings.Split(path, "/")})
}

// find sets the request's path values. Of several routes that match, the one
// with the earliest literal segment counts.
func (rt router) find(r *http.Request) (route, bool) {
	path := strings.Split(r.URL.EscapedPath(), "/")
	best := -1
	for i, c := range rt {
		if c.method == r.Method && matches(c.segments, path) && (best < 0 || moreLiteral(c.segments, rt[best].segments)) {
			best = i
		}
	}
	if best < 0 {
		return route{}, false
	}
	for i, s := range rt[best].segments {
		if !strings.HasPrefix(s, "{") {
			continue
		}
		value := path[i]
		name, rest := strings.CutSuffix(strings.Trim(s, "{}"), "...")
		if rest {
			value = strings.Join(path[i:], "/")
		}
		plain, err := url.PathUnescape(value)
		if err != nil {
			return route{}, false
		}
		r.SetPathValue(name, plain)
	}
	return rt[best].route, true
}

func matches(pattern, path []string) bool {
	for i, s := range pattern {
		switch {
		case strings.HasSuffix(s, "...}"):
			return len(path) > i && path[i] != ""
		case i >= len(path), strings.HasPrefix(s, "{") && path[i] == "", !strings.HasPrefix(s, "{") && s != path[i]:
			return false
		}
	}
	return len(path) == len(pattern)
}

func moreLiteral(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		varA, varB := strings.HasPrefix(a[i], "{"), strings.HasPrefix(b[i], "{")
		if varA != varB {
			return varB
		}
		if restA, restB := strings.HasSuffix(a[i], "...}"), strings.HasSuffix(b[i], "...}"); restA != restB {
			return restB
		}
	}
	return len(a) > len(b)
}
