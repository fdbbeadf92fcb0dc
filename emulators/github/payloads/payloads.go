// Package payloads holds the 329 example payloads that GitHub's webhooks send,
// for the trigger command, the fake GitHub and the tests. It is data only.
//
// Source: npm @octokit/webhooks-examples 7.6.1, MIT, recorded from GitHub and
// kept here unchanged but for whitespace, so that nothing needs a network;
// LICENSE beside this file is its licence.
package payloads

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed webhooks-examples-7.6.1.json.gz
var archive []byte

// Payload is one recorded webhook body.
type Payload struct {
	Event  string // X-GitHub-Event: "workflow_run"
	Action string // the body's "action"; "" for events without one, as push
	Index  int    // position among the event's examples
	Body   json.RawMessage
}

// Name returns "event.action#index", unique among All.
func (p Payload) Name() string {
	if p.Action == "" {
		return fmt.Sprintf("%s#%d", p.Event, p.Index)
	}
	return fmt.Sprintf("%s.%s#%d", p.Event, p.Action, p.Index)
}

// All returns every payload, in the archive's order. The slice is shared:
// callers must not change it.
var All = sync.OnceValues(load)

// Find returns the first payload of event and action; an empty action takes
// any.
func Find(event, action string) (Payload, error) {
	all, err := All()
	if err != nil {
		return Payload{}, err
	}
	for _, p := range all {
		if p.Event == event && (action == "" || p.Action == action) {
			return p, nil
		}
	}
	return Payload{}, fmt.Errorf("no recorded payload of event %q with action %q", event, action)
}

func load() ([]Payload, error) {
	zr, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open the payload archive: %w", err)
	}
	var groups []struct {
		Name     string            `json:"name"`
		Examples []json.RawMessage `json:"examples"`
	}
	if err := json.NewDecoder(zr).Decode(&groups); err != nil {
		return nil, fmt.Errorf("read the payload archive: %w", err)
	}
	var all []Payload
	for _, g := range groups {
		for i, body := range g.Examples {
			var head struct {
				Action string `json:"action"`
			}
			if err := json.Unmarshal(body, &head); err != nil {
				return nil, fmt.Errorf("read example %d of %s: %w", i, g.Name, err)
			}
			all = append(all, Payload{Event: g.Name, Action: head.Action, Index: i, Body: body})
		}
	}
	return all, nil
}
