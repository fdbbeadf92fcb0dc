// Package github is a stand-in for GitHub on one machine: the part of its REST
// API that the platform uses, with state, App authentication, limits and
// webhooks that carry GitHub's recorded payloads. It counts what clients
// change, so that a test can prove "exactly once". It is checked against
// GitHub's own OpenAPI description (openapi/), and is not for production.
package github

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Config says who the App is and where webhooks go.
type Config struct {
	Clock clock.Clock  // nil is the machine's
	Log   *slog.Logger // nil is silent
	// AppID, AppSlug and AppKey are the one App. Slug's default is
	// "infinity-matrix"; its bot is then "infinity-matrix[bot]".
	AppID   int64
	AppSlug string
	AppKey  *rsa.PublicKey
	// Permissions are what the App was granted on each repository; nil grants
	// all that the fake serves.
	Permissions map[string]string
	Secret      []byte // signs webhooks
	WebhookURL  string // where webhooks go; "" refuses to deliver
	Journal     string // file that keeps the state; "" keeps it in memory only
	// Users are accounts that exist from the start, beside those that payloads
	// tell of; nil is octocat and hubot.
	Users     []string
	Limits    Limits            // the zero value does not limit
	Transport http.RoundTripper // sends the webhooks; nil is net/http's
}

// Validate reports all mistakes at once.
func (c Config) Validate() error {
	var errs []error
	if c.AppID <= 0 {
		errs = append(errs, errors.New("the App's id is missing"))
	}
	if c.AppKey == nil {
		errs = append(errs, errors.New("the App's public key is missing"))
	}
	if c.WebhookURL != "" && len(c.Secret) == 0 {
		errs = append(errs, errors.New("the webhook's secret is missing"))
	}
	return errors.Join(errs...)
}

// Server is the fake. It is safe for concurrent use.
type Server struct {
	cfg    Config
	routes router
	mux    *http.ServeMux // of the control interface
	client *http.Client

	mu      sync.Mutex
	state   state
	effects []Effect
	journal *journal
	faults  []*Fault
	limits  limits
	sending sync.WaitGroup // redeliveries on their way
}

// New returns a Server with the state that the journal holds.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the fake GitHub: %w", err)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.Real{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.AppSlug == "" {
		cfg.AppSlug = "infinity-matrix"
	}
	if cfg.Users == nil {
		cfg.Users = []string{"octocat", "hubot"}
	}
	if cfg.Permissions == nil {
		cfg.Permissions = allPermissions()
	}
	if cfg.Transport == nil { // not the shared one, whose connections others close
		cfg.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	s := &Server{cfg: cfg, client: &http.Client{Transport: cfg.Transport, Timeout: deliveryTimeout}, state: state{}}
	s.limits.byActor = map[string]*usage{}
	var err error
	s.journal, err = openJournal(cfg.Journal, func(e entry) {
		for _, w := range e.Writes {
			s.state.apply(w)
		}
		if e.Effect != nil {
			s.effects = append(s.effects, *e.Effect)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := s.begun(); err != nil {
		return nil, errors.Join(err, s.journal.close())
	}
	s.mux = http.NewServeMux()
	for _, r := range routes() {
		s.routes.add(r)
	}
	s.control()
	return s, nil
}

// Close waits for redeliveries and closes the journal.
func (s *Server) Close() error {
	s.sending.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.close()
}

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
