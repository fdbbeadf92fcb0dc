package github

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

//go:embed shapes.txt
var shapesText string

// everywhere are the members any event may have.
var everywhere = []string{"enterprise", "installation", "organization", "repository", "sender"}

// shape is what the bodies of one event look like.
type shape struct {
	actions  []string // nil: the event has none
	required []string
	known    map[string]bool
}

// shapes is the table, and what any event at all knows.
type shapes struct {
	events  map[string]*shape
	members map[string]bool // known to some event
	actions map[string]bool
}

var table = sync.OnceValue(func() shapes {
	t := shapes{map[string]*shape{}, map[string]bool{}, map[string]bool{}}
	for line := range strings.Lines(shapesText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		t.add(strings.Split(line, "|"))
	}
	return t
})

func (t *shapes) add(fields []string) {
	s := &shape{
		actions:  strings.Fields(fields[1]),
		required: strings.Fields(fields[2]),
		known:    map[string]bool{},
	}
	for _, m := range slices.Concat(s.required, strings.Fields(fields[3]), everywhere) {
		if not, ok := strings.CutPrefix(m, "-"); ok {
			defer delete(s.known, not)
			continue
		}
		s.known[m], t.members[m] = true, true
	}
	for _, a := range s.actions {
		t.actions[a] = true
	}
	t.events[strings.TrimSpace(fields[0])] = s
}

// Events returns the names of the known events, sorted.
func Events() []string {
	var names []string
	for name := range table().events {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// checkShape checks that a body with these members can be one of event. GitHub
// signs the body only, so that a captured body can come back under another
// name. Refused are: a name that is not known (fail closed; GitHub shows the
// failed delivery and can send it again once the table knows the event), a
// required member that is missing, and a member or an action that is another
// event's and not this one's. What no event knows is let through, so that
// GitHub can add a member or an action to an event without a failure here.
func checkShape(event, action string, members []string) error {
	t := table()
	s, ok := t.events[event]
	if !ok {
		return fault.New(fault.Invalid, "unknown event; subscribe the webhook to events of GitHub's documented list only")
	}
	for _, m := range s.required {
		if !slices.Contains(members, m) {
			return mismatch(event, "lacks", m)
		}
	}
	for _, m := range members {
		if t.members[m] && !s.known[m] {
			return mismatch(event, "does not have", m)
		}
	}
	if action != "" && t.actions[action] && !slices.Contains(s.actions, action) && !slices.Contains(s.actions, "*") {
		return fault.New(fault.Invalid, "the payload does not fit the event %s: its action is another event's", event)
	}
	return nil
}

func mismatch(event, how, member string) error {
	if how == "lacks" {
		return fault.New(fault.Invalid, "the payload does not fit the event %s: the member %s is missing", event, member)
	}
	return fault.New(fault.Invalid, "the payload does not fit the event %s: the member %s is another event's", event, member)
}
