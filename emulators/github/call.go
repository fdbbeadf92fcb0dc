package github

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// route is one operation of the API.
type route struct {
	pattern string // as net/http's ServeMux has it
	// needs is the App permission: "issues:read"; "issues|pull_requests:write"
	// goes by what the number is. "app" asks for the App's JWT, "any" for any
	// credential.
	needs  string
	silent bool // the change is GitHub's own bookkeeping, not an effect
	do     func(*call) answer
}

// call is one request while it is handled.
type call struct {
	*tx
	s    *Server
	r    *http.Request
	body object
	now  time.Time
	who  principal
	repo object // of {owner}/{repo}, if the route has them
	id   int64  // of repo
}

// run checks who asks for what, then does it.
func (c *call) run(route route) answer {
	who, bad := c.s.authenticate(c)
	if bad.status != 0 {
		return bad
	}
	c.who = who
	switch route.needs {
	case "app":
		if !who.app {
			return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
		}
		return route.do(c)
	case "any":
		return route.do(c)
	}
	if who.app { // a JWT is good for the App's own routes only
		return refuse(http.StatusUnauthorized, "Bad credentials")
	}
	if bad := c.find(); bad.status != 0 {
		return bad
	}
	if !c.permitted(route.needs) {
		return refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	return route.do(c)
}

// find looks up the repository that the path names.
func (c *call) find() answer {
	if id := c.r.PathValue("repository"); id != "" {
		c.repo = c.get("repos", id)
	} else {
		c.repo = c.repoNamed(c.r.PathValue("owner") + "/" + c.r.PathValue("repo"))
	}
	c.id = number(c.repo["id"])
	switch {
	case c.repo == nil:
		return notFound()
	case c.who.covers(c.id):
		return answer{}
	case c.repo["private"] == true:
		return notFound()
	case c.r.Method != http.MethodGet:
		return refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	return answer{}
}

func (c *call) repoNamed(fullName string) object {
	ref := c.get("names", strings.ToLower(fullName))
	if ref == nil {
		return nil
	}
	return c.get("repos", key(number(ref["id"])))
}

// permitted reports whether the token has the permission of the route.
func (c *call) permitted(needs string) bool {
	names, level, _ := strings.Cut(needs, ":")
	either := strings.Split(names, "|")
	if len(either) == 2 && level == "write" && !c.commentGone() { // what it is decides
		if c.isPull() {
			return c.who.may(either[1], level)
		}
		return c.who.may(either[0], level)
	}
	for _, name := range either {
		if c.who.may(name, level) {
			return true
		}
	}
	return false
}

// commentGone reports whether the path names a comment that is not there:
// either permission lets the caller be told so.
func (c *call) commentGone() bool {
	id := c.r.PathValue("comment")
	return id != "" && c.get(c.in("comment-issues"), id) == nil
}

// isPull reports whether the path's number, or its comment's, is that of a
// pull request.
func (c *call) isPull() bool {
	n := c.r.PathValue("number")
	if id := c.r.PathValue("comment"); id != "" {
		n = key(number(c.get(key("comment-issues", c.id), id)["number"]))
	}
	return c.get(key("pulls", c.id), n) != nil
}

// in names a collection of the call's repository.
func (c *call) in(kind string, more ...any) string {
	return key(append([]any{kind, c.id}, more...)...)
}

// path returns the numeric part of the path, 0 if it is none.
func (c *call) path(name string) int64 {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (c *call) api(path ...any) string {
	return "https://api.github.com/repos/" + text(c.repo["full_name"]) + "/" + key(path...)
}

func (c *call) html(path ...any) string {
	return "https://github.com/" + text(c.repo["full_name"]) + "/" + key(path...)
}

func (c *call) stamp() string { return stamp(c.now) }
