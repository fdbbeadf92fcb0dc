package github

import (
	"net/http"
	"slices"
	"strings"
)

var pullRoutes = []route{
	{pattern: at("GET", "/pulls"), needs: "pull_requests:read", do: listPulls},
	{pattern: at("GET", "/pulls/{number}"), needs: "pull_requests:read", do: getPull},
	{pattern: at("GET", "/pulls/{number}/files"), needs: "pull_requests:read", do: listFiles},
	{pattern: at("GET", "/pulls/{number}/reviews"), needs: "pull_requests:read", do: listReviews},
	{pattern: at("GET", "/pulls/{number}/requested_reviewers"), needs: "pull_requests:read", do: listReviewers},
	{pattern: at("POST", "/pulls/{number}/requested_reviewers"), needs: "pull_requests:write", do: addReviewers},
	{pattern: at("DELETE", "/pulls/{number}/requested_reviewers"), needs: "pull_requests:write", do: removeReviewers},
	{pattern: at("PUT", "/pulls/{number}/merge"), needs: "contents:write", do: mergePull},
	{pattern: at("PUT", "/pulls/{number}/update-branch"), needs: "pull_requests:write", do: updateBranch},
}

func (c *call) pull() object { return c.get(c.in("pulls"), c.r.PathValue("number")) }

// savePull stores a pull request, and the issue's share of it.
func (c *call) savePull(pull, changes object) object {
	pull = with(with(pull, changes), object{"updated_at": c.stamp()})
	n := number(pull["number"])
	c.put(c.in("pulls"), n, pull)
	if issue := c.get(c.in("issues"), key(n)); issue != nil {
		c.put(c.in("issues"), n, with(issue, object{
			"state": pull["state"], "closed_at": pull["closed_at"], "title": pull["title"], "updated_at": pull["updated_at"],
		}))
	}
	return pull
}

func getPull(c *call) answer {
	if p := c.pull(); p != nil {
		return ok(p)
	}
	return notFound()
}

func listPulls(c *call) answer {
	q := c.r.URL.Query()
	list := []object{}
	for _, p := range slices.Backward(c.list(c.in("pulls"))) {
		state, base, head := cmpOr(q.Get("state"), "open"), q.Get("base"), q.Get("head")
		label := text(sub(p, "head")["label"])
		if (state == "all" || text(p["state"]) == state) && (base == "" || text(sub(p, "base")["ref"]) == base) &&
			(head == "" || strings.EqualFold(head, label)) {
			list = append(list, p)
		}
	}
	return listed(c, list)
}

func listReviews(c *call) answer {
	if c.pull() == nil {
		return notFound()
	}
	return listed(c, c.list(c.in("reviews", c.path("number"))))
}

// listFiles shows as many files as the pull request says it changes.
func listFiles(c *call) answer {
	pull := c.pull()
	if pull == nil {
		return notFound()
	}
	files := []object{}
	head := text(sub(pull, "head")["sha"])
	n := min(number(pull["changed_files"]), 3000)
	for i := range n {
		name := "file-" + key(i+1) + ".txt"
		added, removed := int64(0), int64(0)
		if i == 0 {
			added, removed = number(pull["additions"]), number(pull["deletions"])
		}
		files = append(files, object{
			"sha": sha(head, name), "filename": name, "status": "modified",
			"additions": added, "deletions": removed, "changes": added + removed,
			"blob_url": c.html("blob", head, name), "raw_url": c.html("raw", head, name),
			"contents_url": c.api("contents", name) + "?ref=" + head, "patch": "@@ -1 +1 @@",
		})
	}
	return listed(c, files)
}

func listReviewers(c *call) answer {
	pull := c.pull()
	if pull == nil {
		return notFound()
	}
	return ok(object{"users": list(pull["requested_reviewers"]), "teams": list(pull["requested_teams"])})
}

// list reads an array of objects; it is never null.
func list(v any) []object {
	if l := items(v); l != nil {
		return l
	}
	return []object{}
}

func addReviewers(c *call) answer {
	pull := c.pull()
	if pull == nil {
		return notFound()
	}
	people, teams := slices.Clone(list(pull["requested_reviewers"])), slices.Clone(list(pull["requested_teams"]))
	for _, login := range words(c.body["reviewers"]) {
		u := c.known(login)
		switch {
		case strings.EqualFold(login, text(sub(pull, "user")["login"])):
			return refuse(http.StatusUnprocessableEntity, "Review cannot be requested from pull request author.")
		case u == nil:
			return c.noCollaborator()
		case find(people, "login", login) < 0:
			people = append(people, u)
		}
	}
	for _, slug := range words(c.body["team_reviewers"]) {
		t := c.get("teams", strings.ToLower(slug))
		if t == nil {
			return c.noCollaborator()
		}
		if find(teams, "slug", slug) < 0 {
			teams = append(teams, t)
		}
	}
	return c.setReviewers(http.StatusCreated, pull, people, teams)
}

func (c *call) noCollaborator() answer {
	return refuse(http.StatusUnprocessableEntity, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the "+
		text(c.repo["full_name"])+" repository.")
}

func (c *call) setReviewers(status int, pull object, people, teams []object) answer {
	changes := object{"requested_reviewers": people, "requested_teams": teams}
	if !same(pull, changes) {
		pull = c.savePull(pull, changes)
	}
	return answer{status: status, body: pull, resource: urlOf(pull)}
}

func removeReviewers(c *call) answer {
	pull := c.pull()
	if pull == nil {
		return notFound()
	}
	if _, given := c.body["reviewers"].([]any); !given {
		return refuse(http.StatusUnprocessableEntity, `Invalid request. "reviewers" wasn't supplied.`)
	}
	without := func(have []object, field string, names []string) []object {
		return slices.DeleteFunc(slices.Clone(have), func(o object) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, text(o[field])) })
		})
	}
	return c.setReviewers(http.StatusOK, pull,
		without(list(pull["requested_reviewers"]), "login", words(c.body["reviewers"])),
		without(list(pull["requested_teams"]), "slug", words(c.body["team_reviewers"])))
}
