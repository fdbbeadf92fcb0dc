package github

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// control routes what GitHub does not have: how a test or a person steers the
// fake from another process.
func (s *Server) control() {
	s.mux.HandleFunc("GET /_emulator/effects", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.Effects()) })
	s.mux.HandleFunc("GET /_emulator/triggers", func(w http.ResponseWriter, _ *http.Request) {
		names, err := Triggers()
		respond(w, names, err)
	})
	s.mux.HandleFunc("POST /_emulator/deliver", func(w http.ResponseWriter, r *http.Request) {
		steer(w, r, func(t Trigger) (any, error) { return s.Deliver(r.Context(), t) })
	})
	s.mux.HandleFunc("POST /_emulator/faults", func(w http.ResponseWriter, r *http.Request) {
		steer(w, r, func(f Fault) (any, error) { return object{}, s.Inject(f) })
	})
	s.mux.HandleFunc("DELETE /_emulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		reply(w, object{})
	})
	s.mux.HandleFunc("POST /_emulator/change", func(w http.ResponseWriter, r *http.Request) {
		steer(w, r, func(c Change) (any, error) { return object{}, s.Change(c) })
	})
	s.mux.HandleFunc("POST /_emulator/reset", func(w http.ResponseWriter, _ *http.Request) { respond(w, object{}, s.Reset()) })
}

// Triggers returns all names that Deliver takes without an index, sorted.
func Triggers() ([]string, error) {
	all, err := payloads.All()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, p := range all {
		name, _, _ := strings.Cut(p.Name(), "#")
		names[name] = true
	}
	for name := range variants {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// Reset forgets state, effects, faults and journal.
func (s *Server) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.state)
	s.effects, s.faults = nil, nil
	s.limits.byActor = map[string]*usage{}
	if err := s.journal.truncate(); err != nil {
		return err
	}
	return s.begun()
}

// Change is what somebody else did to a resource: a push, a run that ended.
type Change struct {
	Kind       string `json:"kind"`       // "issues", "pulls", "runs", "checks", "workflows", "releases" or "installations"
	Repository string `json:"repository"` // "owner/name"; not for installations
	ID         int64  `json:"id"`         // or its number
	Fields     object `json:"fields"`     // set as they are: {"status": "completed", "conclusion": "failure"}
}

// Change makes it; a pull request's "head_sha" moves its head. It is no effect.
func (s *Server) Change(ch Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{tx: &tx{state: s.state}, s: s, now: s.cfg.Clock.Now()}
	in := ch.Kind
	if ch.Repository != "" {
		c.repo = c.repoNamed(ch.Repository)
		c.id = number(c.repo["id"])
		in = c.in(ch.Kind)
	}
	doc := c.get(in, key(ch.ID))
	if doc == nil {
		return fault.New(fault.NotFound, "the fake GitHub knows no %s %d in %q", ch.Kind, ch.ID, ch.Repository)
	}
	fields := maps.Clone(ch.Fields)
	if head := text(fields["head_sha"]); head != "" && ch.Kind == "pulls" {
		delete(fields, "head_sha")
		fields["head"] = with(sub(doc, "head"), object{"sha": head})
		c.commit(head, "Change", text(sub(doc, "head")["sha"]))
		c.setRef("heads/"+text(sub(doc, "head")["ref"]), head)
	}
	c.put(in, ch.ID, with(doc, fields))
	return s.commit(c.tx, nil)
}

// steer reads a request of the control interface and does it.
func steer[T any](w http.ResponseWriter, r *http.Request, do func(T) (any, error)) {
	var in T
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	d.UseNumber()
	if err := d.Decode(&in); err != nil {
		respond(w, nil, fault.Wrap(fault.Invalid, err, "the request is no JSON: %s", err))
		return
	}
	out, err := do(in)
	respond(w, out, err)
}

func respond(w http.ResponseWriter, out any, err error) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case err == nil:
		reply(w, out)
		return
	case fault.Is(err, fault.NotFound):
		w.WriteHeader(http.StatusNotFound)
	case fault.Is(err, fault.Invalid):
		w.WriteHeader(http.StatusBadRequest)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
	reply(w, object{"message": err.Error()})
}

func reply(w http.ResponseWriter, v any) {
	raw, err := encode(v)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw)
}
