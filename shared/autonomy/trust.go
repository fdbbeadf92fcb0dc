package autonomy

import (
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
)

// Trust is what the author of an event is to its repository.
type Trust string

// The trusts, from the greatest.
const (
	Owner        Trust = "owner"
	Member       Trust = "member" // of the organization that owns it
	Collaborator Trust = "collaborator"
	Contributor  Trust = "contributor" // of a commit that was merged before
	None         Trust = "none"        // nobody in particular, and whoever cannot be told
)

// Trusts are all of them.
var Trusts = []Trust{Owner, Member, Collaborator, Contributor, None}

// associations are GitHub's words for them. FIRST_TIMER, MANNEQUIN and others
// are none. https://docs.github.com/graphql/reference/enums#commentauthorassociation
var associations = map[string]Trust{
	"OWNER": Owner, "MEMBER": Member, "COLLABORATOR": Collaborator, "CONTRIBUTOR": Contributor, "NONE": None,
}

// Author is who caused an event, what they are to the repository, and how that
// is known.
type Author struct {
	Login string `json:"login,omitempty"`
	Trust Trust  `json:"trust"`
	Why   string `json:"why,omitempty"` // one clause, for people
}

// String returns "@octocat (none: nothing says what they are to the repository)".
// The sentence is kept in decisions, where shared/erasure finds a login by its @.
func (a Author) String() string {
	who := "@" + a.Login
	if a.Login == "" {
		who = "an unknown author"
	}
	if a.Why == "" {
		return who + " (" + string(a.Trust) + ")"
	}
	return who + " (" + string(a.Trust) + ": " + a.Why + ")"
}

// Facts are an event's body by dotted paths: "issue.user.login".
type Facts interface {
	String(path string) (string, bool)
}

// authored are the parts of a webhook body that tell their author's association.
var authored = []string{"comment", "review", "discussion", "issue", "pull_request"}

// writers are the events that GitHub lets only those cause who may write.
// https://docs.github.com/organizations/managing-user-access-to-your-organizations-repositories
var writers = []string{"push", "create", "delete", "release", "deployment", "deployment_status", "repository_dispatch"}

// runsOfWriters are the causes of workflow runs that need write access; others,
// as issue_comment, anybody can cause.
var runsOfWriters = []string{"push", "workflow_dispatch", "repository_dispatch", "schedule", "release", "create", "delete"}

// AuthorOf returns who caused e. What GitHub does not say is not guessed: such
// an author is none. A bot is no more than GitHub says of it, since it speaks
// for whoever made it act.
func AuthorOf(e event.Event, f Facts) Author {
	if agent := e.Agent(); agent != "" {
		return Author{agent, Collaborator, "our own agent, which may write as the App may"}
	}
	sender, _ := f.String("sender.login")
	if sender == "" {
		return Author{"", None, "the event names no sender"}
	}
	for _, part := range authored {
		login, _ := f.String(part + ".user.login")
		word, ok := f.String(part + ".author_association")
		if ok && strings.EqualFold(login, sender) {
			trust, known := associations[word]
			if !known {
				trust = None
			}
			return Author{sender, trust, "author_association of the " + strings.ReplaceAll(part, "_", " ") + " is " + word}
		}
	}
	if owner, _ := f.String("repository.owner.login"); strings.EqualFold(owner, sender) {
		return Author{sender, Owner, "owns the repository"}
	}
	if why := writes(e, f); why != "" {
		return Author{sender, Collaborator, why}
	}
	return Author{sender, None, "nothing says what they are to the repository"}
}

// writes says why only somebody with write access can have caused e, or "".
func writes(e event.Event, f Facts) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(e.Type, "com.github."), ".")
	if slices.Contains(writers, kind) {
		return kind + " needs write access"
	}
	if kind != "workflow_run" {
		return ""
	}
	cause, _ := f.String("workflow_run.event")
	head, _ := f.String("workflow_run.head_repository.full_name")
	base, _ := f.String("repository.full_name")
	if slices.Contains(runsOfWriters, cause) && head != "" && head == base {
		return "a run on " + cause + " needs write access"
	}
	return ""
}
