package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// catalogue is the output: equal objects are kept once. A field's type is "s",
// "i", "d", "b", "*", "m", "o" with an object's number, or "l" and its
// element's type.
type catalogue struct {
	Source  string         `json:"source"`
	Objects []object       `json:"objects"`
	Events  map[string]int `json:"events"` // "issues.opened" to its object
}

type object struct {
	Name   string            `json:"name"` // where it was seen first
	Fields map[string]string `json:"fields"`
}

const source = "npm @octokit/webhooks-schemas 7.6.1 (MIT) and @octokit/webhooks-examples 7.6.1 (MIT), by scripts/gentypes"

func compact(events map[string]*shape) catalogue {
	c := compactor{known: map[string]int{}}
	c.out = catalogue{Source: source, Events: map[string]int{}}
	for _, name := range slices.Sorted(maps.Keys(events)) {
		c.out.Events[name] = c.object(name, events[name])
	}
	return c.out
}

type compactor struct {
	out   catalogue
	known map[string]int
}

func (c *compactor) object(name string, s *shape) int {
	o := object{Name: name, Fields: map[string]string{}}
	var key strings.Builder
	for _, field := range slices.Sorted(maps.Keys(s.fields)) {
		o.Fields[field] = c.ref(name+"."+field, s.fields[field])
		key.WriteString(field + " " + o.Fields[field] + "\n")
	}
	if i, ok := c.known[key.String()]; ok {
		return i
	}
	c.out.Objects = append(c.out.Objects, o)
	c.known[key.String()] = len(c.out.Objects) - 1
	return len(c.out.Objects) - 1
}

func (c *compactor) ref(name string, s *shape) string {
	switch s.kind {
	case "":
		return "*"
	case "l":
		return "l" + c.ref(name, s.elem)
	case "o":
		return "o" + strconv.Itoa(c.object(name, s))
	}
	return s.kind
}
