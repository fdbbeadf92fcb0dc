package control

import (
	"net/url"
	"regexp"
	"strings"

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
}

// Repository is the scope of one repository, "owner/name"; as on GitHub, case
// does not matter.
func Repository(name string) string { return "repository:" + strings.ToLower(name) }

// Policy is the scope of one policy.
func Policy(name string) string { return "policy:" + name }

// ParseScope returns the canonical form of a scope that a person wrote.
func ParseScope(text string) (string, error) {
	if text == Global {
		return Global, nil
	}
	kind, name, _ := strings.Cut(text, ":")
	if kind == "repository" {
		name = strings.ToLower(name)
	}
	shape, ok := names[kind]
	if !ok || len(text) > maxScope || !shape.MatchString(name) {
		return "", fault.New(fault.Invalid, "%.80q is no scope; write global, repository:owner/name or policy:name", text)
	}
	return kind + ":" + name, nil
}

// documentID makes a scope fit for the store, which takes no slash in an id.
func documentID(scope string) string { return url.PathEscape(scope) }
