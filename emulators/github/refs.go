package github

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var refRoutes = []route{
	{pattern: at("GET", "/git/ref/{ref...}"), needs: "contents:read", do: getRef},
	{pattern: at("POST", "/git/refs"), needs: "contents:write", do: createRef},
	{pattern: at("DELETE", "/git/refs/{ref...}"), needs: "contents:write", do: deleteRef},
	{pattern: at("GET", "/compare/{basehead...}"), needs: "contents:read", do: compareCommits},
	{pattern: at("GET", "/commits/{ref...}"), needs: "contents:read", do: getCommit},
}

// tip returns the commit that a branch is at; fallback if the fake has not
// heard of the branch.
func (c *call) tip(branch, fallback string) string {
	if ref := c.get(c.in("refs"), "heads/"+branch); ref != nil {
		return text(sub(ref, "object")["sha"])
	}
	return fallback
}

// setRef moves or makes "heads/main" or "tags/v1".
func (c *call) setRef(name, to string) object {
	ref := object{
		"ref": "refs/" + name, "node_id": "REF_" + name, "url": c.api("git/refs", name),
		"object": object{"sha": to, "type": "commit", "url": c.api("git/commits", to)},
	}
	c.put(c.in("refs"), name, ref)
	return ref
}

// commit stores a commit with its parents, and returns its name.
func (c *call) commit(id, message string, parents ...string) string {
	above := []any{}
	for _, p := range parents {
		above = append(above, object{"sha": p, "url": c.api("commits", p), "html_url": c.html("commit", p)})
	}
	who := object{"name": text(c.bot()["login"]), "email": "noreply@github.com", "date": c.stamp()}
	tree := sha("tree", id)
	c.put(c.in("commits"), id, object{
		"sha": id, "node_id": "C_" + id, "url": c.api("commits", id), "html_url": c.html("commit", id),
		"comments_url": c.api("commits", id, "comments"), "author": c.bot(), "committer": c.bot(), "parents": above,
		"stats": object{"total": 0, "additions": 0, "deletions": 0}, "files": []any{},
		"commit": object{
			"url": c.api("git/commits", id), "author": who, "committer": who, "message": message, "comment_count": 0,
			"tree": object{"sha": tree, "url": c.api("git/trees", tree)},
			"verification": object{
				"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil,
			},
		},
	})
	return id
}

func getRef(c *call) answer {
	if ref := c.get(c.in("refs"), c.r.PathValue("ref")); ref != nil {
		return ok(ref)
	}
	return notFound()
}

var fullSHA = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

func createRef(c *call) answer {
	name, to := text(c.body["ref"]), text(c.body["sha"])
	short, full := strings.CutPrefix(name, "refs/")
	switch {
	case !full || !strings.Contains(short, "/"):
		return refuse(http.StatusUnprocessableEntity, "Reference name must start with 'refs/' and contain at least two slashes.")
	case c.get(c.in("refs"), short) != nil:
		return refuse(http.StatusUnprocessableEntity, "Reference already exists")
	case !fullSHA.MatchString(to) || c.get(c.in("commits"), to) == nil:
		return refuse(http.StatusUnprocessableEntity, "Object does not exist")
	}
	return created(c.setRef(short, to))
}

func deleteRef(c *call) answer {
	name := c.r.PathValue("ref")
	ref := c.get(c.in("refs"), name)
	if ref == nil {
		return refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	}
	c.drop(c.in("refs"), name)
	a := noContent()
	a.resource = urlOf(ref)
	return a
}

// resolve returns the commit that a branch, a tag or a SHA names.
func (c *call) resolve(name string) string {
	name = strings.TrimPrefix(name, "refs/")
	for _, in := range []string{"", "heads/", "tags/"} {
		if ref := c.get(c.in("refs"), in+name); ref != nil {
			return text(sub(ref, "object")["sha"])
		}
	}
	if c.get(c.in("commits"), name) != nil {
		return name
	}
	return ""
}

func getCommit(c *call) answer {
	if doc := c.get(c.in("commits"), c.resolve(c.r.PathValue("ref"))); doc != nil {
		return ok(doc)
	}
	return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.r.PathValue("ref"))
}

// ancestors returns id and all commits below it.
func (c *call) ancestors(id string) map[string]bool {
	seen, todo := map[string]bool{}, []string{id}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[last] {
			continue
		}
		seen[last] = true
		for _, p := range items(c.get(c.in("commits"), last)["parents"]) {
			todo = append(todo, text(p["sha"]))
		}
	}
	return seen
}

// compare counts the commits that head has over base, and lacks of it.
func (c *call) compare(base, head string) (ahead, behind int) {
	a, b := c.ancestors(base), c.ancestors(head)
	for id := range b {
		if !a[id] {
			ahead++
		}
	}
	for id := range a {
		if !b[id] {
			behind++
		}
	}
	return ahead, behind
}

func compareCommits(c *call) answer {
	path, err := url.PathUnescape(c.r.PathValue("basehead")) // some clients escape twice
	if err != nil {
		return notFound()
	}
	from, to, _ := strings.Cut(path, "...")
	base, head := c.resolve(from), c.resolve(to)
	if base == "" || head == "" {
		return notFound()
	}
	ahead, behind := c.compare(base, head)
	status := map[[2]bool]string{{false, false}: "identical", {true, false}: "ahead", {false, true}: "behind", {true, true}: "diverged"}
	html := c.html("compare", from+"..."+to)
	root := c.get(c.in("commits"), base)
	return ok(object{
		"url": c.api("compare", from+"..."+to), "html_url": html, "permalink_url": html, "diff_url": html + ".diff",
		"patch_url": html + ".patch", "base_commit": root, "merge_base_commit": root,
		"status": status[[2]bool{ahead > 0, behind > 0}], "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
		"commits": []any{}, "files": []any{},
	})
}
