package github

import (
	"slices"
	"strings"
)

// GitHub compares logins and label names without regard to case.
func has(set []string, name string) bool {
	return slices.ContainsFunc(set, func(s string) bool { return strings.EqualFold(s, name) })
}

// without returns the names of a that are not in b.
func without(a, b []string) []string {
	var out []string
	for _, name := range a {
		if !has(b, name) && !has(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// within returns the names of a that are in b.
func within(a, b []string) []string {
	var out []string
	for _, name := range a {
		if has(b, name) && !has(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// canonical returns names in one spelling and order, for keys.
func canonical(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, strings.ToLower(name))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func list(names []string) string { return strings.Join(names, ", ") }
