package github

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP implements http.Handler. It serves this machine only.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if why := guard(r); why != "" {
		http.Error(w, why, http.StatusForbidden)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/_emulator/") {
		s.mux.ServeHTTP(w, r)
		return
	}
	route, found := s.routes.find(r)
	if !found {
		s.begin(w)
		s.send(w, r, notFound())
		return
	}
	s.serve(w, r, route)
}

// begin sets the headers that every answer of GitHub has.
func (s *Server) begin(w http.ResponseWriter) (requestID string) {
	var chance [8]byte
	_, _ = rand.Read(chance[:])
	requestID = strings.ToUpper(hex.EncodeToString(chance[:]))
	w.Header().Set("X-GitHub-Request-Id", requestID) //nolint:canonicalheader // as GitHub writes it
	w.Header().Set("X-Github-Media-Type", "github.v3; format=json")
	w.Header().Set("Date", s.cfg.Clock.Now().Format(http.TimeFormat))
	return requestID
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, a answer) {
	if err := a.write(w, r); err != nil {
		s.cfg.Log.Warn("an answer was not sent", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
}

// serve is the way of every request: fault, who it is, limits, the handler
// under the lock, the journal, the answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, route route) {
	id := s.begin(w)
	fault := s.takeFault(r)
	if a, done := s.before(r, fault); done {
		s.send(w, r, a)
		return
	}
	body, err := readBody(r)
	if err != nil {
		s.send(w, r, refuse(http.StatusBadRequest, "Problems parsing JSON"))
		return
	}
	actor := actorOf(r)
	if a, refused := s.limits.enter(s, w, r, actor); refused {
		s.send(w, r, a)
		return
	}
	defer s.limits.leave(s, actor)
	a := s.handle(r, route, body, id)
	if fault != nil && fault.AfterEffect {
		panic(http.ErrAbortHandler) // the effect is made, the answer is lost
	}
	s.send(w, r, a)
}

func (s *Server) handle(r *http.Request, route route, body object, id string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{tx: &tx{state: s.state}, s: s, r: r, body: body, now: s.cfg.Clock.Now()}
	a := c.run(route)
	if a.status >= http.StatusBadRequest {
		c.rollback()
		return a
	}
	if len(c.writes) == 0 {
		return a
	}
	var effect *Effect
	if !route.silent {
		effect = &Effect{
			Key: keyOf(body), Method: r.Method, Path: r.URL.Path, Resource: a.resource,
			At: c.now, RequestID: id,
		}
	}
	if err := s.commit(c.tx, effect); err != nil {
		s.cfg.Log.Error("a change was not kept", slog.Any("error", err))
		return refuse(http.StatusInternalServerError, "Server Error")
	}
	if effect != nil {
		s.echo(c)
	}
	return a
}

// commit journals what t changed, or undoes it.
func (s *Server) commit(t *tx, effect *Effect) error {
	if err := s.journal.append(entry{Effect: effect, Writes: t.writes}); err != nil {
		t.rollback()
		return err
	}
	if effect != nil {
		s.effects = append(s.effects, *effect)
	}
	return nil
}

// maxBody is what GitHub takes of a request.
const maxBody = 25 << 20

func readBody(r *http.Request) (object, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	body := object{}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return body, nil
	}
	var value any
	if err := decode(raw, &value); err != nil {
		return nil, fmt.Errorf("decode the request: %w", err)
	}
	if o, isObject := value.(object); isObject {
		return o, nil
	}
	return object{"": value}, nil // a bare list, as labels may be
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
