package event

import (
	"slices"
	"strings"
)

// agentSource begins the Source of an event that one of the platform's own
// agents published: "agent:reposync". What comes from outside cannot have it:
// githubwebhook names the repository's address.
const agentSource = "agent:"

// Agents are the platform's own agents.
var Agents = []string{
	"dashboardguardian", "masterintegrator", "perfectsync", "problemfixer", "reposync", "systemfixer", "validation",
}

// Agent returns which of the platform's own agents published the event, or "".
func (e *Event) Agent() string {
	name, ok := strings.CutPrefix(e.Source, agentSource)
	if !ok || !slices.Contains(Agents, name) {
		return ""
	}
	return name
}
