package github

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// occasion is one event while it happens in the fake.
type occasion struct {
	*call
	event  string
	body   object
	number int64 // of the issue that is asked for; 0 is a new one
}

// happen makes the payload a new occurrence, and the state fit it.
func (o *occasion) happen() {
	o.begin()
	o.rename()
	o.enumerate()
	o.date()
	o.people(o.body)
	if o.repo != nil {
		o.code()
		o.discussion()
		o.automation()
		o.publish()
	}
}

// begin looks after repository and installation.
func (o *occasion) begin() {
	o.settle()
	installation := sub(o.body, "installation")
	if repo := sub(o.body, "repository"); repo != nil {
		o.repo = o.saveRepo(repo)
		o.id = number(o.repo["id"])
		if installation == nil {
			id := number(sub(repo, "owner")["id"])
			installation = object{"id": plain(id), "node_id": key("I_", id)}
			o.body["installation"] = installation
		}
	}
	if installation != nil {
		o.install(installation)
	}
}

// settle gives the repository the id that its name has here already: the
// recorded payloads are of several years and know one name under several ids.
func (o *occasion) settle() {
	repo := sub(o.body, "repository")
	has := o.get("names", strings.ToLower(text(repo["full_name"])))
	if has == nil || number(has["id"]) == number(repo["id"]) {
		return
	}
	w := &rewrite{}
	w.id(number(repo["id"]), number(has["id"]))
	o.body = w.apply(o.body).(object) // an object stays one
	o.body["repository"] = with(sub(o.body, "repository"), object{"id": has["id"]})
}

// subjects are the members whose resource an event makes anew.
var subjects = []string{
	"issue", "pull_request", "comment", "review", "check_run", "check_suite", "workflow_run", "workflow_job",
	"release", "deployment", "deployment_status", "discussion",
}

// heads are the members that hold the commit an event is about.
var heads = []string{"head_sha", "sha", "after", "commit_oid"}

// rename gives the event's resources fresh ids, and its commit a fresh SHA.
func (o *occasion) rename() {
	w := &rewrite{}
	fresh := func(doc object) {
		for _, name := range heads {
			if old := text(doc[name]); fullSHA.MatchString(old) && !slices.Contains(w.old, old) {
				w.word(old, sha(o.next(), old))
			}
		}
	}
	fresh(o.body)
	for _, name := range subjects {
		doc := sub(o.body, name)
		if doc == nil {
			continue
		}
		if id := number(doc["id"]); id != 0 {
			w.id(id, o.next())
		}
		if run := number(doc["run_id"]); run != 0 {
			w.id(run, o.next())
		}
		fresh(doc)
		fresh(sub(doc, "head"))
	}
	o.body = w.apply(o.body).(object) // an object stays one
}

// enumerate gives a new issue or pull request its number, or puts the one that
// was asked for in its place.
func (o *occasion) enumerate() {
	for _, name := range []string{"issue", "pull_request"} {
		doc := sub(o.body, name)
		if doc == nil || o.repo == nil {
			continue
		}
		old, n := number(doc["number"]), o.number
		if n == 0 {
			n = o.nextNumber()
		}
		o.body = renumber(o.body, old, n).(object) // an object stays one
		o.body[name] = with(sub(o.body, name), object{"number": plain(n)})
		if o.body["number"] != nil {
			o.body["number"] = plain(n)
		}
		have := o.get(o.in(map[string]string{"issue": "issues", "pull_request": "pulls"}[name]), key(n))
		if have != nil {
			o.body[name] = o.again(name, have)
		}
	}
}

// again is a resource that was there before: it keeps what it has, and a push
// moves its head.
func (o *occasion) again(name string, have object) object {
	if name == "pull_request" && o.body["action"] == "synchronize" {
		head := sub(sub(o.body, name), "head")
		return with(have, object{"head": with(sub(have, "head"), object{"sha": head["sha"]})})
	}
	return have
}

// nextNumber is the repository's next number of an issue or pull request.
func (o *occasion) nextNumber() int64 {
	in := "numbers"
	n := number(o.get(in, key(o.id))["last"]) + 1
	o.put(in, o.id, object{"last": n})
	return n
}

// moments are the times of a resource that has just been made.
var moments = []string{
	"created_at", "updated_at", "run_started_at", "started_at", "completed_at", "submitted_at", "published_at", "closed_at", "merged_at",
}

// date dates the event's resources.
func (o *occasion) date() {
	for _, name := range subjects {
		doc := sub(o.body, name)
		if doc == nil {
			continue
		}
		dated := with(doc, nil)
		for _, m := range moments {
			if text(doc[m]) != "" {
				dated[m] = o.stamp()
			}
		}
		o.body[name] = dated
	}
	if repo := sub(o.body, "repository"); repo != nil && text(repo["updated_at"]) != "" {
		o.body["repository"] = with(repo, object{"updated_at": o.stamp()})
	}
}

// plain returns a number as the payload would have it.
func plain(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }
