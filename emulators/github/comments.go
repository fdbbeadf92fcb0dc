package github

import (
	"net/http"
	"time"
	"unicode/utf8"
)

var commentRoutes = []route{
	{pattern: at("GET", "/issues/{number}/comments"), needs: issuesRead, do: listComments},
	{pattern: at("POST", "/issues/{number}/comments"), needs: issuesWrite, do: createComment},
	{pattern: at("GET", "/issues/comments/{comment}"), needs: issuesRead, do: getComment},
	{pattern: at("PATCH", "/issues/comments/{comment}"), needs: issuesWrite, do: editComment},
	{pattern: at("DELETE", "/issues/comments/{comment}"), needs: issuesWrite, do: deleteComment},
}

// listComments lists oldest first; since goes by when they were changed.
func listComments(c *call) answer {
	if c.issue() == nil {
		return notFound()
	}
	since, err := time.Parse(time.RFC3339, c.r.URL.Query().Get("since"))
	list := []object{}
	for _, x := range c.list(c.in("comments", c.path("number"))) {
		if err != nil || !before(x["updated_at"], since) {
			list = append(list, x)
		}
	}
	return listed(c, list)
}

func createComment(c *call) answer {
	issue := c.issue()
	switch {
	case issue == nil:
		return notFound()
	case text(c.body["body"]) == "":
		return invalid("IssueComment", "body", "missing_field")
	case utf8.RuneCountInString(text(c.body["body"])) > 65536: // characters, says GitHub
		return invalid("IssueComment", "body", "custom")
	case issue["locked"] == true:
		return refuse(http.StatusForbidden, "Unable to create comment because issue is locked.")
	}
	id, n := c.next(), number(issue["number"])
	kind := "issues"
	if c.get(c.in("pulls"), key(n)) != nil {
		kind = "pull"
	}
	comment := object{
		"id": id, "node_id": key("IC_", id), "body": c.body["body"], "user": c.bot(),
		"url": c.api("issues/comments", id), "html_url": c.html(kind, n) + "#issuecomment-" + key(id),
		"issue_url":  c.api("issues", n),
		"created_at": c.stamp(), "updated_at": c.stamp(), "author_association": "NONE",
	}
	c.saveComment(n, comment)
	c.saveIssue(issue, object{"comments": number(issue["comments"]) + 1})
	return created(comment)
}

func (c *call) saveComment(issue int64, comment object) {
	c.put(c.in("comments", issue), number(comment["id"]), comment)
	c.put(c.in("comment-issues"), number(comment["id"]), object{"number": issue})
}

// comment returns the path's comment, and its issue's number.
func (c *call) comment() (object, int64) {
	n := number(c.get(c.in("comment-issues"), c.r.PathValue("comment"))["number"])
	return c.get(c.in("comments", n), c.r.PathValue("comment")), n
}

func getComment(c *call) answer {
	if x, _ := c.comment(); x != nil {
		return ok(x)
	}
	return notFound()
}

func editComment(c *call) answer {
	x, n := c.comment()
	if x == nil {
		return notFound()
	}
	if x["body"] != c.body["body"] {
		x = with(x, object{"body": c.body["body"], "updated_at": c.stamp()})
		c.saveComment(n, x)
	}
	return ok(x)
}

func deleteComment(c *call) answer {
	x, n := c.comment()
	if x == nil {
		return notFound()
	}
	c.drop(c.in("comments", n), number(x["id"]))
	c.drop(c.in("comment-issues"), number(x["id"]))
	issue := c.get(c.in("issues"), key(n))
	c.saveIssue(issue, object{"comments": max(number(issue["comments"])-1, 0)})
	a := noContent()
	a.resource = urlOf(x)
	return a
}
