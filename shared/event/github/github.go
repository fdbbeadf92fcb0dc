// Package github reads what the platform needs to know of a GitHub webhook:
// from the X-GitHub-Event header and the payload to an event's type, source,
// subject and ids. It checks that the header fits the payload, and trusts
// nothing else: whether the signature is right is the receiver's concern.
//
// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
package github

import (
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/jsonscan"
)

// TypePrefix begins the type of every event from GitHub.
const TypePrefix = "com.github."

// home is the source of events that belong to no repository or organization.
const home = "https://github.com"

// Webhook is what is read from one delivery. Ids are 0 and texts "" where the
// payload has none.
type Webhook struct {
	Event  string // X-GitHub-Event
	Action string

	RepositoryID   int64
	Repository     string // "owner/name"
	RepositoryURL  string
	InstallationID int64
	OrganizationID int64
	Organization   string // login
	Sender         string // login of who caused the event
	Subject        string // "issues/12", "pull/3", "actions/runs/7", "refs/heads/main"
}

// Parse reads body as a payload of the event name, in one pass. The error has
// kind fault.Invalid: the body is not strict JSON (shared/jsonscan), or does
// not have the event's shape.
func Parse(name string, body []byte) (Webhook, error) {
	r := reader{hook: Webhook{Event: name}, members: make([]string, 0, 24), rank: len(subjects)}
	if err := jsonscan.Scan(body, r.visit); err != nil {
		return Webhook{}, fault.Wrap(fault.Invalid, err, "the body is not valid JSON: %s", err)
	}
	if len(r.members) == 0 {
		return Webhook{}, fault.New(fault.Invalid, "the body is not a JSON object with members")
	}
	if r.action && r.hook.Action == "" {
		return Webhook{}, fault.New(fault.Invalid, "the payload's action is no text, or empty")
	}
	if err := checkShape(name, r.hook.Action, r.members); err != nil {
		return Webhook{}, err
	}
	return r.hook, nil
}

// Type returns "com.github.workflow_run.completed", or "com.github.push" for
// an event without actions.
func (w Webhook) Type() string {
	if w.Action == "" {
		return TypePrefix + w.Event
	}
	return TypePrefix + w.Event + "." + w.Action
}

// Source returns the URL of the repository, else of the organization.
func (w Webhook) Source() string {
	switch {
	case w.RepositoryURL != "":
		return w.RepositoryURL
	case w.Organization != "":
		return home + "/" + w.Organization
	default:
		return home
	}
}

// PartitionKey returns the key within which order is kept: the repository's
// id, else the organization's or installation's with a prefix of its own. ""
// means that order has no meaning.
func (w Webhook) PartitionKey() string {
	switch {
	case w.RepositoryID != 0:
		return strconv.FormatInt(w.RepositoryID, 10)
	case w.OrganizationID != 0:
		return "organization-" + strconv.FormatInt(w.OrganizationID, 10)
	case w.InstallationID != 0:
		return "installation-" + strconv.FormatInt(w.InstallationID, 10)
	default:
		return ""
	}
}

// Fill sets the attributes of e that the payload decides.
func (w Webhook) Fill(e *event.Event) {
	e.Type, e.Source, e.Subject = w.Type(), w.Source(), w.Subject
	e.PartitionKey, e.InstallationID = w.PartitionKey(), w.InstallationID
	e.Repository, e.RepositoryID = w.Repository, w.RepositoryID
}

// reader gathers a Webhook while the body is scanned.
type reader struct {
	hook    Webhook
	members []string
	action  bool // there is such a member
	rank    int  // of the subject found so far: lower is nearer
}

func (r *reader) visit(parent, name, value []byte) {
	if parent == nil {
		r.top(name, value)
		return
	}
	switch string(parent) {
	case "repository":
		r.repository(name, value)
	case "organization":
		switch string(name) {
		case "id":
			r.hook.OrganizationID = jsonscan.Int(value)
		case "login":
			r.hook.Organization = jsonscan.String(value)
		}
	case "installation":
		if string(name) == "id" {
			r.hook.InstallationID = jsonscan.Int(value)
		}
	case "sender":
		if string(name) == "login" {
			r.hook.Sender = jsonscan.String(value)
		}
	case "alert":
		if string(name) == "dependency" {
			r.members = append(r.members, "alert.dependency")
		}
	default:
		r.subject(parent, name, value)
	}
}

func (r *reader) top(name, value []byte) {
	r.members = append(r.members, string(name))
	switch string(name) {
	case "action":
		r.action, r.hook.Action = true, jsonscan.String(value)
	case "ref":
		if ref := jsonscan.String(value); r.rank == len(subjects) && strings.HasPrefix(ref, "refs/") {
			r.hook.Subject = ref
		}
	}
}

func (r *reader) repository(name, value []byte) {
	switch string(name) {
	case "id":
		r.hook.RepositoryID = jsonscan.Int(value)
	case "full_name":
		r.hook.Repository = jsonscan.String(value)
	case "html_url":
		r.hook.RepositoryURL = jsonscan.String(value)
	}
}

// subjects are the resources an event may be about, the nearest first: a
// comment on a pull request is about the pull request. Paths are those of the
// resource's page.
var subjects = []struct{ member, id, path string }{
	{"pull_request", "number", "pull/"},
	{"issue", "number", "issues/"},
	{"discussion", "number", "discussions/"},
	{"deployment", "id", "deployments/"},
	{"workflow_job", "id", "actions/jobs/"},
	{"workflow_run", "id", "actions/runs/"},
	{"check_run", "id", "check-runs/"},
	{"check_suite", "id", "check-suites/"},
	{"release", "id", "releases/"},
	{"milestone", "number", "milestone/"},
}

func (r *reader) subject(parent, name, value []byte) {
	for i := range r.rank {
		if s := &subjects[i]; s.member == string(parent) && s.id == string(name) {
			if id := jsonscan.Int(value); id != 0 {
				r.rank, r.hook.Subject = i, s.path+strconv.FormatInt(id, 10)
			}
			return
		}
	}
}
