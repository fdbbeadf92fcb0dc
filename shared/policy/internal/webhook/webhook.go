// Package webhook is the catalogue of the fields that GitHub's webhook bodies
// have, by event and action, so that conditions can be type-checked. It knows
// nothing of CEL and reads no bodies.
//
// Source: types.json.gz, written by scripts/gentypes from npm
// @octokit/webhooks-schemas 7.6.1 and @octokit/webhooks-examples 7.6.1 (MIT).
package webhook

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Prefix begins the type of every event from GitHub.
const Prefix = "com.github."

//go:embed types.json.gz
var archive []byte

// Catalogue holds all objects and events. Callers must not change it.
type Catalogue struct {
	Objects []Object       `json:"objects"`
	Events  map[string]int `json:"events"` // "issues.opened" to its object
}

// Object is one shape of JSON object. A field's type is "s" text, "i" whole
// number, "d" number, "b" truth value, "*" anything, "m" an object of any
// members, "o" with an object's number, or "l" and the type of its elements.
type Object struct {
	Name   string            `json:"name"`
	Fields map[string]string `json:"fields"`
}

// Load returns the catalogue; it is read once.
var Load = sync.OnceValues(func() (*Catalogue, error) {
	zr, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open the catalogue of webhook types: %w", err)
	}
	var c Catalogue
	if err := json.NewDecoder(zr).Decode(&c); err != nil {
		return nil, fmt.Errorf("read the catalogue of webhook types: %w", err)
	}
	return &c, nil
})

// custom is the event whose actions are the sender's own words.
const custom = "repository_dispatch"

// Event returns the catalogue's event for an event type, without the prefix.
// repository_dispatch is one event whatever its action.
func Event(eventType string) string {
	name := strings.TrimPrefix(eventType, Prefix)
	if strings.HasPrefix(name, custom+".") {
		return custom
	}
	return name
}

// Expand returns the events that an `on` entry names, sorted: one type, or
// all that begin as a wildcard "com.github.issues.*" says. None if unknown.
func (c *Catalogue) Expand(on string) []string {
	name, ok := strings.CutPrefix(on, Prefix)
	if !ok {
		return nil
	}
	if name == custom+".*" {
		return []string{custom}
	}
	prefix, wild := strings.CutSuffix(name, "*")
	if !wild {
		if _, known := c.Events[name]; !known || name == custom {
			return nil
		}
		return []string{name}
	}
	if prefix != "" && !strings.HasSuffix(prefix, ".") {
		return nil
	}
	var names []string
	for event := range c.Events {
		if strings.HasPrefix(event, prefix) {
			names = append(names, event)
		}
	}
	slices.Sort(names)
	return names
}

// Types returns all that `on` may name, sorted, wildcards of one event
// included.
func (c *Catalogue) Types() []string {
	all := map[string]bool{}
	for event := range c.Events {
		if name, _, ok := strings.Cut(event, "."); ok || event == custom {
			all[Prefix+name+".*"] = true
		}
		if event != custom {
			all[Prefix+event] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
