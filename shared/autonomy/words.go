package autonomy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// words are what autonomy.yaml calls its parts.
var words = document.Words{Called: called, Unknown: unknown, Value: mistake}

func called(path []string) string {
	switch len(path) {
	case 0:
		return "the file"
	case 2:
		return "capability " + path[1]
	}
	return path[len(path)-1]
}

func unknown(path []string, name string) (message, hint string) {
	last := ""
	if len(path) > 0 {
		last = path[len(path)-1]
	}
	switch {
	case last == "capabilities":
		return fmt.Sprintf("there is no capability %q", name), suggest.Closest(name, Capabilities)
	case last == "authors":
		return fmt.Sprintf("there are no authors %q", name), "write owner, member, collaborator, contributor or none"
	case last == "limits":
		return fmt.Sprintf("limits have no %q", name), suggest.Closest(name, []string{"per_resource", "per_policy", "per_repository", "per_installation", "removals", "share"})
	case len(path) == 2:
		return fmt.Sprintf("a capability has no %q", name), suggest.Closest(name, []string{"level", "actions", "repositories", "limits", "authors"})
	}
	return fmt.Sprintf("%s has no %q", called(path), name), suggest.Closest(name, []string{"capabilities", "authors"})
}

func mistake(path []string, k jsonschema.ErrorKind) (message, hint string) {
	name := called(path)
	switch k := k.(type) {
	case *kind.Enum:
		return fmt.Sprintf("%s: the level %q is unknown", name, fmt.Sprint(k.Got)), "write one of L1, L2, L3, L4 and L5"
	case *kind.Pattern:
		switch {
		case slices.Contains(path, "actions"):
			return fmt.Sprintf("no action is called %q", k.Got), "write a name or a glob, as github.issue.*"
		case slices.Contains(path, "repositories"):
			return fmt.Sprintf("%q is no repository", k.Got), "write owner/name, owner/* or */*"
		case name == "share":
			return fmt.Sprintf("share is %q; it has to be from 1%% to 100%%", k.Got), "write a whole number of percent, as 10%"
		}
		_, message, hint := rate.Parse(k.Got)
		return fmt.Sprintf("%s is %q: %s", name, k.Got, message), hint
	}
	return document.Mistake(name, k)
}

// closest suggests an action, or all actions that begin alike.
func closest(glob string, names []string) string {
	all := slices.Clone(names)
	for _, n := range names {
		for i := range n {
			if n[i] == '.' {
				all = append(all, n[:i]+".*")
			}
		}
	}
	if hint := suggest.Closest(glob, all); hint != "" {
		return hint
	}
	return "there are " + strings.Join(names, ", ")
}
