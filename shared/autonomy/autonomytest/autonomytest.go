// Package autonomytest is a matrix that permits everything, for tests that are
// about something else. Nothing but tests may import it.
package autonomytest

import (
	"fmt"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
)

// Fixed is a Source of one matrix.
type Fixed struct{ Matrix *autonomy.Matrix }

// Current implements autonomy.Source.
func (f Fixed) Current() *autonomy.Matrix { return f.Matrix }

// Everything is a Source that permits everything to everybody.
func Everything() Fixed {
	m := &autonomy.Matrix{Capabilities: map[string]autonomy.Capability{}, Authors: map[autonomy.Trust]string{}}
	for _, name := range autonomy.Capabilities {
		m.Capabilities[name] = autonomy.Capability{Level: autonomy.L5, Actions: []string{"*"}, Repositories: []string{"*/*"}}
	}
	for _, t := range autonomy.Trusts {
		m.Authors[t] = autonomy.L5
	}
	return Fixed{m}
}

// File is the text of an autonomy.yaml that permits everything to everybody.
func File() string {
	var b strings.Builder
	b.WriteString("authors: {owner: L5, member: L5, collaborator: L5, contributor: L5, none: L5}\ncapabilities:\n")
	for _, name := range autonomy.Capabilities {
		fmt.Fprintf(&b, "  %s: {level: L5, actions: [\"*\"], repositories: [\"*/*\"]}\n", name)
	}
	return b.String()
}
