package github

import (
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
)

// discussion makes issues, pull requests, their comments and reviews.
func (o *occasion) discussion() {
	issue, pull := sub(o.body, "issue"), sub(o.body, "pull_request")
	if issue != nil {
		o.body["issue"] = o.saveRecordedIssue(issue)
		if sub(issue, "pull_request") != nil && o.get(o.in("pulls"), key(number(issue["number"]))) == nil {
			o.pullOf(issue)
		}
	}
	if pull != nil {
		o.body["pull_request"] = o.saveRecordedPull(pull)
	}
	n := number(sub(o.body, "issue")["number"]) + number(sub(o.body, "pull_request")["number"])
	comment, review := sub(o.body, "comment"), sub(o.body, "review")
	switch {
	case o.event == "issue_comment" && o.body["action"] == "deleted":
	case o.event == "issue_comment":
		o.saveComment(n, comment)
	case o.event == "pull_request_review":
		review = with(object{"commit_id": sub(sub(o.body, "pull_request"), "head")["sha"]}, review)
		review["body"] = text(review["body"]) // null in some payloads, a string in the API
		review["state"] = strings.ToUpper(text(review["state"]))
		o.put(o.in("reviews", n), number(review["id"]), review)
	case o.event == "issues" && o.body["action"] == "deleted":
		o.drop(o.in("issues"), n)
	}
	if label := sub(o.body, "label"); label != nil && text(label["name"]) != "" {
		o.put(o.in("labels"), strings.ToLower(text(label["name"])), label)
	}
}

func (o *occasion) saveRecordedIssue(issue object) object {
	n := number(issue["number"])
	issue = with(object{
		"state_reason": nil, "active_lock_reason": nil, "locked": false, "closed_by": nil, "body": nil, "labels": []any{}, "assignees": []any{},
		"assignee": nil, "milestone": nil, "comments": 0, "closed_at": nil, "state": "open", "author_association": "NONE",
	}, issue)
	for _, l := range items(issue["labels"]) {
		o.put(o.in("labels"), strings.ToLower(text(l["name"])), l)
	}
	o.put(o.in("issues"), n, issue)
	return issue
}

// saveRecordedPull stores a pull request on the base as it is now, and the
// issue that it is as well.
func (o *occasion) saveRecordedPull(pull object) object {
	n := number(pull["number"])
	head, base := sub(pull, "head"), sub(pull, "base")
	at := o.tip(text(base["ref"]), "")
	if at == "" {
		at = text(base["sha"])
		o.seen(at, "Base", "")
		o.setRef("heads/"+text(base["ref"]), at)
	}
	if fresh := o.get(o.in("pulls"), key(n)) == nil; fresh {
		pull = with(pull, object{"base": with(base, object{"sha": at})})
	}
	o.seen(text(head["sha"]), "Change", at)
	o.setRef("heads/"+text(head["ref"]), text(head["sha"]))
	if pull["mergeable_state"] == "behind" {
		o.setRef("heads/"+text(base["ref"]), o.commit(sha(o.next(), at), "Move on", at))
	}
	pull = with(object{
		"draft": false, "merged": false, "mergeable": nil, "mergeable_state": "unknown", "merged_by": nil, "rebaseable": nil, "auto_merge": nil,
		"comments": 0, "review_comments": 0, "commits": 1, "additions": 1, "deletions": 0, "changed_files": 1,
		"maintainer_can_modify": false, "active_lock_reason": nil, "requested_teams": []any{}, "requested_reviewers": []any{},
	}, pull)
	o.put(o.in("pulls"), n, pull)
	issue := object{"pull_request": object{"url": pull["url"], "html_url": pull["html_url"], "diff_url": pull["diff_url"], "patch_url": pull["patch_url"]}}
	for _, name := range []string{
		"id", "node_id", "number", "title", "body", "user", "state", "locked", "labels", "assignee", "assignees", "milestone",
		"comments", "created_at", "updated_at", "closed_at", "html_url", "comments_url", "author_association",
	} {
		if v, has := pull[name]; has {
			issue[name] = v
		}
	}
	api := o.api("issues", n)
	issue["url"], issue["repository_url"], issue["labels_url"], issue["events_url"] = api, strings.TrimSuffix(o.api(), "/"), api+"/labels{/name}", api+"/events"
	o.saveRecordedIssue(with(o.get(o.in("issues"), key(n)), issue))
	return pull
}

// pullOf makes the pull request of an issue that is one.
func (o *occasion) pullOf(issue object) {
	pull, err := template("pull_request", "opened")
	if err != nil {
		return
	}
	from := text(sub(sub(pull, "base"), "repo")["full_name"])
	to := text(o.repo["full_name"])
	pull = each(renumber(pull, number(pull["number"]), number(issue["number"])), func(x any) any {
		if s, isText := x.(string); isText {
			return strings.ReplaceAll(s, "/"+from+"/", "/"+to+"/")
		}
		return x
	}).(object) // an object stays one
	head, base := sub(pull, "head"), sub(pull, "base")
	pull = with(pull, object{
		"id": o.next(), "number": issue["number"], "title": issue["title"], "body": issue["body"], "user": issue["user"],
		"state": issue["state"], "labels": issue["labels"], "assignees": issue["assignees"], "assignee": issue["assignee"],
		"milestone": issue["milestone"], "closed_at": issue["closed_at"], "created_at": issue["created_at"], "updated_at": issue["updated_at"],
		"head": with(head, object{"sha": sha(o.next()), "repo": o.repo, "user": o.repo["owner"]}),
		"base": with(base, object{"ref": o.repo["default_branch"], "repo": o.repo, "user": o.repo["owner"]}),
	})
	o.saveRecordedPull(pull)
}

// template is the resource of a recorded payload, for what was not recorded.
func template(event, action string) (object, error) {
	p, err := payloads.Find(event, action)
	if err != nil {
		return nil, err
	}
	var body object
	if err := decode(p.Body, &body); err != nil {
		return nil, err
	}
	return sub(body, event), nil
}
