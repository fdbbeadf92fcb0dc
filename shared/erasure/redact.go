package erasure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// logins are the names of members, or the last parts of paths, whose value is a
// login; and of members about which an action is, where a login may be anywhere.
var (
	logins = []string{"author", "causes", "login", "username", "user", "assignee", "assignees", "reviewer", "reviewers"}
	people = []string{"person", "link_made_by"} // whose value is a name in approvals.yaml
	about  = []string{"args", "plan", "result", "following", "then", "changes"}
)

// redacted is a document without the person.
type redacted struct {
	members map[string]any
	changed bool
	acted   bool // what an action is about was changed too: it can no longer be undone
}

// redact takes the person out of a document.
func (p person) redact(doc []byte) (redacted, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var r redacted
	if err := d.Decode(&r.members); err != nil {
		return r, fmt.Errorf("decode a document: %w", err)
	}
	w := walk{person: p}
	for name, v := range r.members {
		before := w.changed
		w.changed = false
		r.members[name] = w.value(name, v, slices.Contains(about, name))
		r.acted = r.acted || w.changed && slices.Contains(about, name)
		w.changed = w.changed || before
	}
	r.changed = w.changed
	return r, nil
}

// names reports whether a document may name the person at all.
func (p person) names(doc []byte) bool { return bytes.Contains(bytes.ToLower(doc), []byte(p.name)) }

// body reports whether an event's body names the person.
func (p person) body(text []byte) bool {
	if !p.names(text) {
		return false
	}
	_, some := p.text(string(text))
	return some
}

type walk struct {
	person  person
	changed bool
}

func (w *walk) value(name string, v any, inside bool) any {
	switch v := v.(type) {
	case string:
		return w.text(name, v, inside)
	case []any:
		for i := range v {
			v[i] = w.value(name, v[i], inside)
		}
	case map[string]any:
		_, by := w.person.text(fmt.Sprint(v["by"]))
		for name, member := range v {
			v[name] = w.value(name, member, inside || slices.Contains(about, name))
		}
		if _, ok := v["person"].(string); ok && by { // whose name in approvals.yaml this is
			v["person"] = gone
		}
	}
	return v
}

func (w *walk) text(name, s string, inside bool) string {
	out, changed := w.person.text(s)
	switch last := name[strings.LastIndexByte(name, '.')+1:]; {
	case inside:
		out, changed = w.person.bare(s)
	case w.person.kind == "link" && slices.Contains(people, last) && strings.EqualFold(s, w.person.name),
		w.person.kind == "github" && slices.Contains(logins, last) && strings.EqualFold(s, w.person.name):
		out, changed = gone, true
	}
	w.changed = w.changed || changed
	return out
}
