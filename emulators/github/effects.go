package github

import (
	"regexp"
	"slices"
	"time"
)

// Effect is one change that a client made. A request that changed nothing, as
// adding a label that is there, is none.
type Effect struct {
	Key       string    `json:"key"` // from the hidden marker in a body, or the external_id; "" if none
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Resource  string    `json:"resource"` // URL of what was made or changed; may be empty
	At        time.Time `json:"at"`
	RequestID string    `json:"request_id"` // X-GitHub-Request-Id
}

// Effects returns what clients have changed, oldest first.
func (s *Server) Effects() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.effects)
}

// EffectsAfter returns the effects but for the first n.
func (s *Server) EffectsAfter(n int) []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.effects[min(n, len(s.effects)):])
}

var marker = regexp.MustCompile(`<!-- infinity:(.+?) -->`)

// keyOf finds the effect key that a request carries.
func keyOf(body object) string {
	if id := text(body["external_id"]); id != "" {
		return id
	}
	if m := marker.FindStringSubmatch(text(body["body"])); m != nil {
		return m[1]
	}
	return ""
}
