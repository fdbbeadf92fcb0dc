package github

import "slices"

var releaseRoutes = []route{
	{pattern: at("GET", "/releases"), needs: "contents:read", do: listReleases},
	{pattern: at("POST", "/releases"), needs: "contents:write", do: createRelease},
	{pattern: at("GET", "/releases/{release}"), needs: "contents:read", do: getRelease},
	{pattern: at("DELETE", "/releases/{release}"), needs: "contents:write", do: deleteRelease},
	{pattern: at("GET", "/releases/tags/{tag...}"), needs: "contents:read", do: releaseByTag},
}

// listReleases shows drafts to those who may push only.
func listReleases(c *call) answer {
	list := []object{}
	for _, r := range slices.Backward(c.list(c.in("releases"))) {
		if r["draft"] != true || c.who.may("contents", "write") {
			list = append(list, r)
		}
	}
	return listed(c, list)
}

func getRelease(c *call) answer {
	if r := c.get(c.in("releases"), c.r.PathValue("release")); r != nil {
		return ok(r)
	}
	return notFound()
}

func (c *call) published(tag string) object {
	for _, r := range c.list(c.in("releases")) {
		if r["tag_name"] == tag && r["draft"] != true {
			return r
		}
	}
	return nil
}

func releaseByTag(c *call) answer {
	if r := c.published(c.r.PathValue("tag")); r != nil {
		return ok(r)
	}
	return notFound()
}

// createRelease refuses a second published release of a tag, not a second
// draft. https://docs.github.com/rest/releases/releases#create-a-release
func createRelease(c *call) answer {
	tag, draft := text(c.body["tag_name"]), c.body["draft"] == true
	target := cmpOr(text(c.body["target_commitish"]), text(c.repo["default_branch"]))
	head := c.resolve(target)
	switch {
	case tag == "":
		return invalid("Release", "tag_name", "missing_field")
	case !draft && c.published(tag) != nil:
		return invalid("Release", "tag_name", "already_exists")
	case head == "" && c.get(c.in("refs"), "tags/"+tag) == nil:
		return invalid("Release", "target_commitish", "invalid")
	}
	if !draft && c.get(c.in("refs"), "tags/"+tag) == nil {
		c.setRef("tags/"+tag, head)
	}
	id := c.next()
	var published any
	if !draft {
		published = c.stamp()
	}
	api := c.api("releases", id)
	r := object{
		"id": id, "node_id": key("RE_", id), "url": api, "assets_url": api + "/assets", "assets": []any{},
		"upload_url": "https://uploads.github.com/repos/" + text(c.repo["full_name"]) + "/releases/" + key(id) + "/assets{?name,label}",
		"html_url":   c.html("releases/tag", tag), "tarball_url": c.api("tarball", tag), "zipball_url": c.api("zipball", tag),
		"tag_name": tag, "target_commitish": target, "name": c.body["name"], "body": c.body["body"], "draft": draft,
		"prerelease": c.body["prerelease"] == true, "immutable": false, "created_at": c.stamp(), "published_at": published, "author": c.bot(),
	}
	c.put(c.in("releases"), id, r)
	return created(r)
}

func deleteRelease(c *call) answer {
	r := c.get(c.in("releases"), c.r.PathValue("release"))
	if r == nil {
		return notFound()
	}
	c.drop(c.in("releases"), number(r["id"]))
	a := noContent()
	a.resource = urlOf(r)
	return a
}
