package github

import (
	"strings"
)

// begun makes the accounts that are there from the start.
func (s *Server) begun() error {
	t := &tx{state: s.state}
	for i, login := range s.cfg.Users {
		if t.get("users", strings.ToLower(login)) == nil {
			t.put("users", strings.ToLower(login), user(login, int64(1000+i), "User"))
		}
	}
	if len(t.writes) == 0 {
		return nil
	}
	return s.commit(t, nil)
}

// saveRepo stores what a payload tells of a repository.
func (o *occasion) saveRepo(repo object) object {
	id := key(number(repo["id"]))
	doc := with(repo, object{})
	for _, name := range []string{"created_at", "pushed_at"} { // payloads of push have seconds
		if text(doc[name]) == "" {
			doc[name] = "2019-05-15T15:19:25Z"
		}
	}
	if text(doc["organization"]) != "" { // the login, in payloads; the account, in the API
		doc["organization"] = doc["owner"]
	}
	doc = with(repoDefaults(text(repo["full_name"])), with(o.get("repos", id), doc))
	o.put("repos", id, doc)
	o.put("names", strings.ToLower(text(doc["full_name"])), object{"id": doc["id"]})
	return doc
}

// repoDefaults are the fields that payloads do not have.
func repoDefaults(fullName string) object {
	api := "https://api.github.com/repos/" + fullName
	return object{
		"subscribers_count": 0, "network_count": 0, "topics": []any{}, "visibility": "public", "has_discussions": false,
		"allow_forking": true, "is_template": false, "web_commit_signoff_required": false, "has_projects": true, "has_wiki": true,
		"has_pages": false, "has_downloads": true, "has_issues": true, "archived": false, "disabled": false, "default_branch": "main",
		"permissions":     object{"admin": false, "maintain": false, "push": true, "triage": true, "pull": true},
		"deployments_url": api + "/deployments", "license": nil, "mirror_url": nil, "homepage": nil, "language": nil,
	}
}

// install stores the installation, on the event's repository if it has one.
func (o *occasion) install(given object) {
	id := number(given["id"])
	account := sub(given, "account")
	for _, owner := range []object{sub(o.repo, "owner"), sub(o.body, "organization"), user("octocat", 1, "User")} {
		if account == nil {
			account = owner
		}
	}
	if text(account["type"]) == "" {
		account = with(user(text(account["login"]), number(account["id"]), "Organization"), account)
	}
	permissions := object{}
	for name, level := range o.s.cfg.Permissions {
		permissions[name] = level
	}
	doc := with(object{
		"id": plain(id), "account": account, "app_id": o.s.cfg.AppID, "app_slug": o.s.cfg.AppSlug, "target_id": account["id"],
		"target_type": account["type"], "repository_selection": "all", "events": []any{}, "single_file_name": nil,
		"access_tokens_url": "https://api.github.com/app/installations/" + key(id) + "/access_tokens",
		"repositories_url":  "https://api.github.com/installation/repositories", "html_url": "https://github.com/settings/installations/" + key(id),
		"created_at": "2026-01-01T00:00:00Z", "updated_at": o.stamp(), "suspended_by": nil, "suspended_at": nil,
	}, o.get("installations", key(id)))
	doc["permissions"] = permissions
	if o.event == "installation" {
		switch o.body["action"] {
		case "suspend":
			doc["suspended_at"], doc["suspended_by"] = o.stamp(), o.body["sender"]
		case "unsuspend":
			doc["suspended_at"], doc["suspended_by"] = nil, nil
		case "deleted":
			o.drop("installations", id)
			return
		}
	}
	o.put("installations", id, doc)
	if o.repo != nil {
		o.put("installed", key(number(o.repo["id"]), id), object{"at": o.stamp()})
	}
}

// people stores each account and team that the payload tells of.
func (o *occasion) people(v any) {
	switch v := v.(type) {
	case object:
		if login := strings.ToLower(text(v["login"])); login != "" && number(v["id"]) != 0 && text(v["type"]) != "" {
			if o.get("users", login) == nil {
				o.put("users", login, with(user(text(v["login"]), number(v["id"]), text(v["type"])), v))
			}
		}
		if slug := text(v["slug"]); slug != "" && text(v["privacy"]) != "" {
			o.put("teams", strings.ToLower(slug), v)
		}
		for _, x := range v {
			o.people(x)
		}
	case []any:
		for _, x := range v {
			o.people(x)
		}
	}
}

// known commits: a commit that is new to the fake follows parent.
func (o *occasion) seen(id, message, parent string) {
	if !fullSHA.MatchString(id) || o.get(o.in("commits"), id) != nil {
		return
	}
	if parent == "" {
		o.commit(id, message)
		return
	}
	o.commit(id, message, parent)
}

// code makes branches, tags and commits.
func (o *occasion) code() {
	branch := text(o.repo["default_branch"])
	root := o.tip(branch, "")
	if root == "" {
		root = sha(o.repo["full_name"], branch)
		o.seen(root, "Initial commit", "")
		o.setRef("heads/"+branch, root)
	}
	ref := strings.TrimPrefix(text(o.body["ref"]), "refs/")
	switch o.event {
	case "push":
		o.pushed(ref)
	case "create", "delete":
		name := map[string]string{"tag": "tags/", "branch": "heads/"}[text(o.body["ref_type"])] + ref
		if o.event == "delete" && name != "heads/"+branch {
			o.drop(o.in("refs"), name)
		} else if o.event == "create" && ref != "" && o.get(o.in("refs"), name) == nil {
			o.setRef(name, root)
		}
	}
	for _, doc := range []object{
		o.body, sub(o.body, "check_run"), sub(o.body, "check_suite"), sub(o.body, "workflow_run"), sub(o.body, "workflow_job"),
		sub(o.body, "deployment"), sub(o.body, "merge_group"),
	} {
		for _, name := range heads {
			o.seen(text(doc[name]), "Change", root)
		}
	}
}

// pushed moves a branch or a tag.
func (o *occasion) pushed(ref string) {
	if o.body["deleted"] == true {
		o.drop(o.in("refs"), ref)
		return
	}
	from, to := o.tip(strings.TrimPrefix(ref, "heads/"), ""), text(o.body["after"])
	o.seen(to, text(sub(o.body, "head_commit")["message"]), from)
	o.setRef(ref, to)
}
