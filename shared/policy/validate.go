package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// words are what policy files call their parts.
var words = document.Words{Called: called, Unknown: unknownField, Value: valueMistake}

var fields = []string{"name", "description", "on", "when", "do", "capability", "autonomy", "limits"}

// unlisted returns path as if do held no list.
func unlisted(path []string) []string {
	if len(path) < 4 || path[2] != "do" {
		return path
	}
	if _, err := strconv.Atoi(path[3]); err != nil {
		return path
	}
	return slices.Concat(path[:3], path[4:])
}

func unknownField(path []string, name string) (string, string) {
	switch path = unlisted(path); {
	case name == "decide":
		return `"decide" steps are not read yet`, "take it out; rules alone decide"
	case len(path) == 2:
		return fmt.Sprintf("a policy has no %q", name), suggest.Closest(name, slices.Clone(fields))
	case len(path) == 3 && path[2] == "limits":
		return fmt.Sprintf("limits have no %q", name), suggest.Closest(name, []string{"per_resource", "total"})
	case len(path) == 4 && path[3] == "with":
		return fmt.Sprintf("the action has no argument %q", name), "`infinity policy schema` lists the arguments"
	case len(path) == 3 && path[2] == "do":
		return fmt.Sprintf("do has no %q", name), "write {action: name, with: {argument: value}}"
	}
	return fmt.Sprintf("%s has no %q", called(path), name), suggest.Closest(name, []string{"policies", "fixtures"})
}

func valueMistake(path []string, k jsonschema.ErrorKind) (string, string) {
	path = unlisted(path)
	name := called(path)
	last := ""
	if len(path) > 0 {
		last = path[len(path)-1]
	}
	switch k := k.(type) {
	case *kind.MinItems, *kind.MaxItems:
		if last == "do" {
			return "do lists too few or too many actions", fmt.Sprintf("list 1 to %d", maxSteps)
		}
	case *kind.Enum:
		return enumMistake(path, name, k)
	case *kind.Pattern:
		switch last {
		case "name":
			return fmt.Sprintf("the name %q is not of small letters, digits and single hyphens", k.Got), `write it like "rerun-flaky-ci"`
		case "per_resource", "total":
			_, mistake, hint := rate.Parse(k.Got)
			return fmt.Sprintf("%s is %q: %s", name, k.Got, mistake), hint
		}
	}
	return document.Mistake(name, k)
}

func enumMistake(path []string, name string, k *kind.Enum) (string, string) {
	words, got := document.Wanted(k), fmt.Sprint(k.Got)
	switch {
	case slices.Contains(path, "on"):
		if strings.HasSuffix(got, "*") {
			return "", ""
		}
		return fmt.Sprintf("the event %q is unknown", got), suggest.Closest(got, words)
	case len(path) > 2 && path[2] == "do" && len(path) < 5:
		return fmt.Sprintf("the action %q is unknown", got), suggest.Closest(got, words)
	case path[len(path)-1] == "capability":
		return fmt.Sprintf("there is no capability %q", got), suggest.Closest(got, words)
	case path[len(path)-1] == "autonomy":
		return fmt.Sprintf("the level %q is unknown", got), "write one of L1, L2, L3, L4 and L5"
	}
	return document.Mistake(name, k)
}

// called names the value at path for people.
func called(path []string) string {
	switch path = unlisted(path); len(path) {
	case 0:
		return "the file"
	case 2:
		return "the policy"
	}
	return path[len(path)-1]
}

// mistakes says in one sentence what err, of validating arguments, found.
func mistakes(err error) string {
	var out []string
	for _, v := range document.Leaves(err) {
		out = append(out, strings.TrimPrefix(strings.Join(v.InstanceLocation, ".")+": ", ": ")+v.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
	return strings.Join(out, ", ")
}
