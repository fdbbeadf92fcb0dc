package github

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
)

// told is one webhook that a client's change leads to.
type told struct {
	event, action string
	body          object // what is particular to it
}

// echo sends what GitHub would tell of c's changes, with the App's bot as
// sender, after the answer. As GitHub's, the deliveries of two requests may
// overtake each other.
func (s *Server) echo(c *call) {
	if !s.cfg.Echo || s.cfg.WebhookURL == "" || c.repo == nil {
		return
	}
	var all []outgoing
	for _, t := range c.told() {
		o, err := c.outgoing(t)
		if err != nil {
			s.cfg.Log.Error("a webhook was not made", slog.String("event", t.event), slog.Any("error", err))
			continue
		}
		all = append(all, o)
	}
	ctx := context.WithoutCancel(c.r.Context())
	s.sending.Go(func() {
		for _, o := range all {
			if _, err := s.attempt(ctx, o); err != nil {
				s.cfg.Log.Error("a webhook was not sent", slog.String("event", o.event), slog.Any("error", err))
			}
		}
	})
}

// outgoing puts t into the frame of a recorded payload of its event.
func (c *call) outgoing(t told) (outgoing, error) {
	p, err := payloads.Find(t.event, t.action)
	if err != nil {
		if p, err = payloads.Find(t.event, ""); err != nil {
			return outgoing{}, err
		}
	}
	var body object
	if err := decode(p.Body, &body); err != nil {
		return outgoing{}, err
	}
	delete(body, "organization") // the recorded one's
	if t.action != "" {
		body["action"] = t.action
	}
	maps.Copy(body, t.body)
	body["repository"], body["sender"], body["installation"] = c.repo, c.bot(), object{"id": c.who.installation, "node_id": key("I_", c.who.installation)}
	raw, err := encode(body)
	if err != nil {
		return outgoing{}, err
	}
	return outgoing{guid: uuid.NewString(), event: t.event, action: t.action, body: raw, repository: c.repo, installation: c.who.installation}, nil
}

// told compares what the call wrote with what was there before.
func (c *call) told() []told {
	var all []told
	seen := map[string]bool{}
	for i, w := range c.writes {
		if at := key(w.In, w.ID); !seen[at] {
			seen[at] = true
			all = append(all, c.tell(w, c.undo[i].Doc, c.get(w.In, w.ID))...)
		}
	}
	return all
}

// tell says what the change of one document is called.
func (c *call) tell(w write, old, now object) []told {
	kind, _, _ := strings.Cut(w.In, "/")
	created, deleted := old == nil && now != nil, now == nil
	switch {
	case kind == "issues" && c.get(c.in("pulls"), w.ID) == nil && old != nil && now != nil:
		return discussed("issues", "issue", old, now)
	case kind == "pulls" && old != nil && now != nil:
		return append(discussed("pull_request", "pull_request", old, now), reviewed(old, now)...)
	case kind == "comments":
		n := w.In[strings.LastIndex(w.In, "/")+1:]
		action := map[bool]string{true: "created", false: "edited"}[created]
		if deleted {
			action, now = "deleted", old
		}
		return []told{{"issue_comment", action, object{"comment": now, "issue": c.get(c.in("issues"), n)}}}
	case kind == "checks" && now != nil:
		action := "created"
		if now["status"] == "completed" {
			action = "completed"
		}
		return []told{{"check_run", action, object{"check_run": now}}}
	case kind == "releases" && created && now["draft"] != true:
		return []told{{"release", "published", object{"release": now}}}
	case kind == "releases" && deleted:
		return []told{{"release", "deleted", object{"release": old}}}
	case kind == "runs" && now != nil:
		return []told{{"workflow_run", "requested", object{"workflow_run": with(now, object{"triggering_actor": c.bot()})}}}
	case kind == "refs" && now != nil && strings.HasPrefix(w.ID, "heads/"):
		before := text(sub(old, "object")["sha"])
		return []told{{"push", "", object{"ref": now["ref"], "before": cmpOr(before, strings.Repeat("0", 40)), "after": sub(now, "object")["sha"]}}}
	}
	return nil
}

// discussed are the events of a changed issue, or of what a pull request
// shares with one.
func discussed(event, member string, old, now object) []told {
	var all []told
	add := func(action string, more object) {
		more = with(more, object{member: now})
		if event == "pull_request" {
			more["number"] = now["number"]
		}
		all = append(all, told{event, action, more})
	}
	for _, d := range differ(old["labels"], now["labels"], "name") {
		add(map[bool]string{true: "labeled", false: "unlabeled"}[d.added], object{"label": d.doc})
	}
	for _, d := range differ(old["assignees"], now["assignees"], "login") {
		add(map[bool]string{true: "assigned", false: "unassigned"}[d.added], object{"assignee": d.doc})
	}
	switch {
	case old["state"] == now["state"]:
	case now["state"] == "closed":
		add("closed", nil)
	default:
		add("reopened", nil)
	}
	return all
}

// reviewed are the events that only pull requests have.
func reviewed(old, now object) []told {
	var all []told
	frame := object{"pull_request": now, "number": now["number"]}
	for _, d := range differ(old["requested_reviewers"], now["requested_reviewers"], "login") {
		action := map[bool]string{true: "review_requested", false: "review_request_removed"}[d.added]
		all = append(all, told{"pull_request", action, with(frame, object{"requested_reviewer": d.doc})})
	}
	before, after := text(sub(old, "head")["sha"]), text(sub(now, "head")["sha"])
	if before != after {
		all = append(all, told{"pull_request", "synchronize", with(frame, object{"before": before, "after": after})})
	}
	return all
}

type difference struct {
	added bool
	doc   object
}

// differ lists what is only in one of two lists.
func differ(old, now any, field string) []difference {
	var all []difference
	lacks := func(list []object, o object) bool { return find(list, field, text(o[field])) < 0 }
	before, after := items(old), items(now)
	for _, o := range slices.DeleteFunc(slices.Clone(after), func(o object) bool { return !lacks(before, o) }) {
		all = append(all, difference{true, o})
	}
	for _, o := range slices.DeleteFunc(slices.Clone(before), func(o object) bool { return !lacks(after, o) }) {
		all = append(all, difference{false, o})
	}
	return all
}
