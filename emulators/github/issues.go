package github

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

const issuesRead, issuesWrite = "issues|pull_requests:read", "issues|pull_requests:write"

var issueRoutes = []route{
	{pattern: at("GET", "/issues"), needs: "issues:read", do: listIssues},
	{pattern: at("GET", "/issues/{number}"), needs: issuesRead, do: getIssue},
	{pattern: at("PATCH", "/issues/{number}"), needs: issuesWrite, do: editIssue},
	{pattern: at("GET", "/issues/{number}/labels"), needs: issuesRead, do: listLabels},
	{pattern: at("POST", "/issues/{number}/labels"), needs: issuesWrite, do: addLabels},
	{pattern: at("PUT", "/issues/{number}/labels"), needs: issuesWrite, do: setLabels},
	{pattern: at("DELETE", "/issues/{number}/labels/{name}"), needs: issuesWrite, do: removeLabel},
	{pattern: at("POST", "/issues/{number}/assignees"), needs: issuesWrite, do: addAssignees},
	{pattern: at("DELETE", "/issues/{number}/assignees"), needs: issuesWrite, do: removeAssignees},
}

func (c *call) issue() object { return c.get(c.in("issues"), c.r.PathValue("number")) }

// saveIssue stores an issue, and what a pull request shares with it.
func (c *call) saveIssue(issue, changes object) object {
	changes = with(changes, object{"updated_at": c.stamp()})
	issue = with(issue, changes)
	n := number(issue["number"])
	c.put(c.in("issues"), n, issue)
	if pull := c.get(c.in("pulls"), key(n)); pull != nil {
		delete(changes, "state_reason")
		delete(changes, "closed_by")
		delete(changes, "comments") // counted apart, but alike
		c.put(c.in("pulls"), n, with(pull, changes))
	}
	return issue
}

func getIssue(c *call) answer {
	if i := c.issue(); i != nil {
		return ok(i)
	}
	return notFound()
}

func listIssues(c *call) answer {
	q := c.r.URL.Query()
	state := q.Get("state")
	since, err := time.Parse(time.RFC3339, q.Get("since"))
	list := []object{}
	for _, i := range slices.Backward(c.list(c.in("issues"))) { // newest first
		old := err == nil && before(i["updated_at"], since)
		if (state == "all" || text(i["state"]) == cmpOr(state, "open")) && !old && hasLabels(i, q.Get("labels")) {
			list = append(list, i)
		}
	}
	return listed(c, list)
}

func before(at any, limit time.Time) bool {
	t, err := time.Parse(time.RFC3339, text(at))
	return err == nil && t.Before(limit)
}

func hasLabels(issue object, want string) bool {
	for name := range strings.SplitSeq(want, ",") {
		if name != "" && find(items(issue["labels"]), "name", name) < 0 {
			return false
		}
	}
	return true
}

// find returns the index of the object whose field is value, whatever its case.
func find(list []object, field, value string) int {
	return slices.IndexFunc(list, func(o object) bool { return strings.EqualFold(text(o[field]), value) })
}

func editIssue(c *call) answer {
	issue := c.issue()
	if issue == nil {
		return notFound()
	}
	changes := object{}
	for _, name := range []string{"title", "body"} {
		if v, given := c.body[name]; given {
			changes[name] = v
		}
	}
	if bad := c.editState(issue, changes); bad.status != 0 {
		return bad
	}
	if names, given := c.body["labels"].([]any); given {
		changes["labels"] = c.labelled(nil, labelNames(names))
	}
	if list, given := c.body["assignees"].([]any); given {
		changes["assignees"] = c.assignable(nil, words(list))
	}
	if same(issue, changes) {
		return ok(issue)
	}
	return ok(c.saveIssue(issue, changes))
}

func (c *call) editState(issue, changes object) answer {
	state, reason := text(c.body["state"]), text(c.body["state_reason"])
	reasons := map[string][]string{"": {""}, "closed": {"", "completed", "not_planned", "duplicate"}, "open": {"", "reopened"}}
	allowed, known := reasons[state]
	switch {
	case !known:
		return invalid("Issue", "state", "invalid")
	case !slices.Contains(allowed, reason):
		return invalid("Issue", "state_reason", "invalid")
	case state == "closed" && issue["state"] != state:
		changes["closed_at"], changes["closed_by"] = c.stamp(), c.bot()
		reason = cmpOr(reason, "completed")
	case state == "open" && issue["state"] != state:
		changes["closed_at"], changes["closed_by"] = nil, nil
		reason = "reopened"
	}
	if state != "" {
		changes["state"] = state
		if reason != "" {
			changes["state_reason"] = reason
		}
	}
	return answer{}
}

// same reports whether changes would change nothing.
func same(doc, changes object) bool {
	for name, v := range changes {
		a, errA := encode(doc[name])
		b, errB := encode(v)
		if errA != nil || errB != nil || string(a) != string(b) {
			return false
		}
	}
	return true
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func addAssignees(c *call) answer {
	return c.changeAssignees(http.StatusCreated, func(now []object, logins []string) []object {
		return c.assignable(now, logins)
	})
}

func removeAssignees(c *call) answer {
	return c.changeAssignees(http.StatusOK, func(now []object, logins []string) []object {
		return slices.DeleteFunc(slices.Clone(now), func(u object) bool {
			return slices.ContainsFunc(logins, func(l string) bool { return strings.EqualFold(l, text(u["login"])) })
		})
	})
}

func (c *call) changeAssignees(status int, change func(now []object, logins []string) []object) answer {
	issue := c.issue()
	if issue == nil {
		return notFound()
	}
	now := items(issue["assignees"])
	to := change(now, words(c.body["assignees"]))
	if len(to) != len(now) {
		var first any
		if len(to) > 0 {
			first = to[0]
		}
		issue = c.saveIssue(issue, object{"assignees": to, "assignee": first})
	}
	return answer{status: status, body: issue, resource: urlOf(issue)}
}

// assignable adds accounts to now; GitHub drops in silence whom it does not
// know as a collaborator.
func (c *call) assignable(now []object, logins []string) []object {
	out := slices.Clone(now)
	for _, login := range logins {
		if u := c.known(login); u != nil && find(out, "login", login) < 0 && len(out) < 10 {
			out = append(out, u)
		}
	}
	if out == nil {
		out = []object{}
	}
	return out
}
