package github

import (
	"strings"
)

var repoRoutes = []route{
	{pattern: at("GET", ""), needs: "metadata:read", do: func(c *call) answer { return ok(c.repo) }},
	{pattern: "GET /repositories/{repository}", needs: "metadata:read", do: func(c *call) answer { return ok(c.repo) }}, // GitHub serves it without describing it
	{pattern: at("GET", "/collaborators/{login}/permission"), needs: "metadata:read", do: getPermission},
	{pattern: "GET /users/{login}", needs: "any", do: getUser},
}

// known returns the account of that login, as it appears within resources.
func (c *call) known(login string) object {
	if login == text(c.bot()["login"]) {
		return c.bot()
	}
	return c.get("users", strings.ToLower(login))
}

func getUser(c *call) answer {
	u := c.known(c.r.PathValue("login"))
	if u == nil {
		return notFound()
	}
	return ok(with(object{
		"name": u["login"], "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
		"created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
	}, u))
}

// getPermission knows two sorts: the owner and members are admins, and people
// that payloads told of can write.
func getPermission(c *call) answer {
	u := c.known(c.r.PathValue("login"))
	if u == nil {
		return notFound()
	}
	permission := "write"
	if text(u["login"]) == text(sub(c.repo, "owner")["login"]) {
		permission = "admin"
	}
	can := object{"pull": true, "triage": true, "push": true, "maintain": permission == "admin", "admin": permission == "admin"}
	return ok(object{
		"permission": permission, "role_name": permission,
		"user": with(u, object{"permissions": can, "role_name": permission}),
	})
}
