package openapi

import (
	"net/http"
	"net/url"
	"strings"
)

// find returns the operation that a request asks for, and sets the request's
// path values. Where several fit, the one whose first different segment is
// literal counts; net/http's ServeMux refuses such paths as
// /issues/comments/{id} beside /issues/{number}/comments.
func (d *description) find(r *http.Request) (operation, bool) {
	path := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), enterprise), "/")
	best := -1
	for i, op := range d.operations {
		if op.method == r.Method && op.fits(path) && (best < 0 || op.before(d.operations[best])) {
			best = i
		}
	}
	if best < 0 {
		return operation{}, false
	}
	op := d.operations[best]
	for i, s := range op.segments {
		if !isParameter(s) {
			continue
		}
		value := path[i]
		if op.deep && i == len(op.segments)-1 {
			value = strings.Join(path[i:], "/")
		}
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		r.SetPathValue(strings.Trim(s, "{}"), value)
	}
	return op, true
}

func (op operation) fits(path []string) bool {
	if len(path) < len(op.segments) || len(path) > len(op.segments) && !op.deep {
		return false
	}
	for i, s := range op.segments {
		if path[i] == "" && i > 0 || !isParameter(s) && s != path[i] {
			return false
		}
	}
	return true
}

// before orders by the first segment that is literal in one only; of a path
// with and one without a deep end, the longer is the nearer.
func (op operation) before(other operation) bool {
	for i := range min(len(op.segments), len(other.segments)) {
		if a, b := isParameter(op.segments[i]), isParameter(other.segments[i]); a != b {
			return b
		}
	}
	return len(op.segments) > len(other.segments)
}

func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }
