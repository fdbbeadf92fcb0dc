package control

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Global is the scope of everything.
const Global = "global"

// maxScope is in bytes: the longest repository name GitHub allows fits twice.
const maxScope = 300

// names are the shapes of what may follow a kind. Only what the claim asks for
// is here: a freeze that nothing looks at would be a promise not kept.
var names = map[string]*regexp.Regexp{
	"repository": regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9._-]+$`),
	"policy":     regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`),
	"capability": regexp.MustCompile(`^[a-z-]+$`),
	"agent":      regexp.MustCompile(`^[a-z]+$`),
	"resource":   regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9._-]+( [a-z_]+ [!-~]+)?$`),
}

// known are the only names of a kind.
var known = map[string][]string{"capability": autonomy.Capabilities, "agent": event.Agents}

// Repository is the scope of one repository, "owner/name"; as on GitHub, case
// does not matter.
func Repository(name string) string { return "repository:" + strings.ToLower(name) }

// Policy is the scope of one policy.
func Policy(name string) string { return "policy:" + name }

// Capability is the scope of the policies that work for one capability.
func Capability(name string) string { return "capability:" + name }

// Agent is the scope of what the findings of one of our own agents led to.
func Agent(name string) string { return "agent:" + name }

// Resource is the scope of one resource, as action.Target.String names it:
// "owner/name issue 12". The case of the repository does not matter.
func Resource(target string) string { return "resource:" + lowerRepository(target) }

func lowerRepository(target string) string {
	repository, rest, found := strings.Cut(target, " ")
	if !found {
		return strings.ToLower(target)
	}
	return strings.ToLower(repository) + " " + rest
}

// Scopes are the scopes that an execution is in, besides Global.
func Scopes(x execution.Execution) []string {
	scopes := []string{Repository(x.Repository), Policy(x.Policy), Resource(x.Resource)}
	if x.Capability != "" {
		scopes = append(scopes, Capability(x.Capability))
	}
	if x.Agent != "" {
		scopes = append(scopes, Agent(x.Agent))
	}
	return scopes
}

// ParseScope returns the canonical form of a scope that a person wrote.
func ParseScope(text string) (string, error) {
	if text == Global {
		return Global, nil
	}
	kind, name, _ := strings.Cut(text, ":")
	if kind == "repository" || kind == "resource" {
		name = lowerRepository(name)
	}
	shape, ok := names[kind]
	if !ok || len(text) > maxScope || !shape.MatchString(name) {
		return "", fault.New(fault.Invalid, "%.80q is no scope; write global, repository:owner/name, policy:name, capability:name, "+
			"agent:name or \"resource:owner/name issue 12\"", text)
	}
	if all := known[kind]; all != nil && !slices.Contains(all, name) {
		hint := suggest.Closest(name, all)
		if hint == "" {
			hint = "there are " + strings.Join(all, ", ")
		}
		return "", fault.New(fault.Invalid, "there is no %s %.80q; %s", kind, name, hint)
	}
	return kind + ":" + name, nil
}

// documentID makes a scope fit for the store, which takes no slash in an id.
func documentID(scope string) string { return url.PathEscape(scope) }
