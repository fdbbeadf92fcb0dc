package github

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"time"
)

var appRoutes = []route{
	{pattern: "GET /app", needs: "app", do: getApp},
	{pattern: "POST /app/installations/{installation}/access_tokens", needs: "app", silent: true, do: createToken},
	{pattern: at("GET", "/installation"), needs: "app", do: repoInstallation},
	{pattern: "GET /rate_limit", needs: "any", do: getRateLimit},
}

// app is the App as GitHub shows it.
func (c *call) app() object {
	owner := user("infinity-matrix", 1, "Organization")
	permissions := object{}
	for name, level := range c.s.cfg.Permissions {
		permissions[name] = level
	}
	return object{
		"id": c.s.cfg.AppID, "slug": c.s.cfg.AppSlug, "node_id": "A_1", "client_id": "Iv1.fake", "owner": owner,
		"name": c.s.cfg.AppSlug, "description": "", "external_url": "https://example.com",
		"html_url":   "https://github.com/apps/" + c.s.cfg.AppSlug,
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
		"permissions": permissions, "events": []any{},
	}
}

func getApp(c *call) answer {
	return ok(with(c.app(), object{"installations_count": len(c.list("installations"))}))
}

// bot is the account that GitHub shows on what the App does.
func (c *call) bot() object { return user(c.s.cfg.AppSlug+"[bot]", 2, "Bot") }

// repoInstallation is the newest installation on a repository.
func repoInstallation(c *call) answer {
	c.repo = c.repoNamed(c.r.PathValue("owner") + "/" + c.r.PathValue("repo"))
	if c.repo == nil {
		return notFound()
	}
	for _, i := range slices.Backward(c.list("installations")) {
		if c.get("installed", key(number(c.repo["id"]), number(i["id"]))) != nil {
			return ok(i)
		}
	}
	return notFound()
}

// createToken makes an installation token, for an hour, for the repositories
// and permissions that were asked for.
// https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
func createToken(c *call) answer {
	inst := c.get("installations", c.r.PathValue("installation"))
	switch {
	case inst == nil:
		return notFound()
	case inst["suspended_at"] != nil:
		return refuse(http.StatusForbidden, "This installation has been suspended")
	}
	permissions, granted := c.wantedPermissions()
	if !granted {
		return refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
	}
	repositories, found := c.wantedRepositories(number(inst["id"]))
	if !found {
		return refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	var chance [18]byte
	_, _ = rand.Read(chance[:])
	token := "ghs_" + hex.EncodeToString(chance[:])
	sum := sha256.Sum256([]byte(token))
	ids := make([]any, len(repositories))
	for i, r := range repositories {
		ids[i] = number(r["id"])
	}
	expires := stamp(c.now.Add(time.Hour))
	c.put("tokens", hex.EncodeToString(sum[:]), object{
		"installation": number(inst["id"]), "expires_at": expires, "permissions": permissions, "repositories": ids,
	})
	selection := "all"
	if c.body["repositories"] != nil || c.body["repository_ids"] != nil {
		selection = "selected"
	}
	return created(object{
		"token": token, "expires_at": expires, "permissions": permissions,
		"repository_selection": selection, "repositories": repositories,
	})
}

func (c *call) wantedPermissions() (object, bool) {
	want := sub(c.body, "permissions")
	out := object{"metadata": "read"}
	if want == nil {
		for name, level := range c.s.cfg.Permissions {
			out[name] = level
		}
		return out, true
	}
	for name, level := range want {
		if have := c.s.cfg.Permissions[name]; have != "write" && have != level {
			return nil, false
		}
		out[name] = level
	}
	return out, true
}

func (c *call) wantedRepositories(installation int64) ([]object, bool) {
	var want []int64
	ids, _ := c.body["repository_ids"].([]any) // none then
	for _, id := range ids {
		want = append(want, number(id))
	}
	names := words(c.body["repositories"])
	found := []object{}
	for _, repo := range c.list("repos") {
		asked := slices.Contains(want, number(repo["id"])) || slices.Contains(names, text(repo["name"]))
		if (asked || len(want)+len(names) == 0) && c.get("installed", key(number(repo["id"]), installation)) != nil {
			found = append(found, repo)
		}
	}
	return found, len(want)+len(names) == 0 || len(found) == len(want)+len(names)
}

// user is an account that no payload told of.
func user(login string, id int64, kind string) object {
	api, html := "https://api.github.com/users/"+login, "https://github.com/"+login
	return object{
		"login": login, "id": id, "node_id": key("U_", id), "avatar_url": "https://avatars.githubusercontent.com/u/" + key(id),
		"gravatar_id": "", "url": api, "html_url": html, "followers_url": api + "/followers",
		"following_url": api + "/following{/other_user}", "gists_url": api + "/gists{/gist_id}",
		"starred_url": api + "/starred{/owner}{/repo}", "subscriptions_url": api + "/subscriptions",
		"organizations_url": api + "/orgs", "repos_url": api + "/repos", "events_url": api + "/events{/privacy}",
		"received_events_url": api + "/received_events", "type": kind, "site_admin": false,
	}
}
