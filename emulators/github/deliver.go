package github

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Trigger asks for one webhook.
type Trigger struct {
	// Name is "issues.opened", "push", a variant as "workflow_run.failed", or
	// one recorded example as "issues.opened#3".
	Name string `json:"name"`
	// Number is the issue or pull request that it speaks of; 0 makes a new one.
	Number int64 `json:"number,omitempty"`
}

// Delivery is one webhook that was sent, and what was answered.
type Delivery struct {
	ID         string `json:"delivery"` // X-GitHub-Delivery
	Number     int64  `json:"id"`       // of this attempt
	Event      string `json:"event"`
	Action     string `json:"action"`
	Repository string `json:"repository"` // "owner/name"; "" if none
	Redelivery bool   `json:"redelivery"`
	StatusCode int    `json:"status"` // 0: no answer
	Response   string `json:"response"`
}

// Deliver makes what the payload speaks of and sends the payload. An answer
// that is no success, or none at all, is not an error: Delivery tells it. The
// error is of kind NotFound if there is no such event.
func (s *Server) Deliver(ctx context.Context, t Trigger) (Delivery, error) {
	if s.cfg.WebhookURL == "" {
		return Delivery{}, fault.New(fault.Invalid, "the fake GitHub was started without a webhook URL")
	}
	event, action, body, err := s.occur(t)
	if err != nil {
		return Delivery{}, err
	}
	raw, err := encode(body)
	if err != nil {
		return Delivery{}, err
	}
	return s.attempt(ctx, outgoing{
		guid: uuid.NewString(), event: event, action: action, body: raw,
		repository: sub(body, "repository"), installation: number(sub(body, "installation")["id"]),
	})
}

// occur makes the event happen in the fake, and returns its payload.
func (s *Server) occur(t Trigger) (event, action string, body object, err error) {
	p, v, err := recorded(t.Name)
	if err != nil {
		return "", "", nil, err
	}
	if err := decode(p.Body, &body); err != nil {
		return "", "", nil, fmt.Errorf("read payload %s: %w", p.Name(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &occasion{call: &call{tx: &tx{state: s.state}, s: s, now: s.cfg.Clock.Now()}, event: p.Event, body: body, number: t.Number}
	if v != nil {
		v.change(body)
	}
	o.happen()
	if err := s.commit(o.tx, nil); err != nil {
		return "", "", nil, err
	}
	return p.Event, text(o.body["action"]), o.body, nil
}

// recorded finds the payload that a name means, and the variant of it.
func recorded(name string) (payloads.Payload, *variant, error) {
	if v, known := variants[name]; known {
		p, _, err := recorded(v.of)
		return p, &v, err
	}
	all, err := payloads.All()
	if err != nil {
		return payloads.Payload{}, nil, err
	}
	for _, p := range all {
		plain, _, _ := strings.Cut(p.Name(), "#")
		if p.Name() == name || plain == name {
			return p, nil, nil
		}
	}
	return payloads.Payload{}, nil, fault.New(fault.NotFound, "there is no recorded event %q", name)
}

// outgoing is what one attempt sends.
type outgoing struct {
	guid, event, action string
	body                []byte
	repository          object
	installation        int64
	again               bool
}

// attempt sends once, records the delivery and never tries again by itself.
func (s *Server) attempt(ctx context.Context, o outgoing) (Delivery, error) {
	began := s.cfg.Clock.Now()
	req, err := s.request(ctx, o)
	if err != nil {
		return Delivery{}, err
	}
	status, header, response := s.post(req)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &tx{state: s.state}
	d := Delivery{
		ID: o.guid, Number: t.next(), Event: o.event, Action: o.action, Repository: text(o.repository["full_name"]),
		Redelivery: o.again, StatusCode: status, Response: response,
	}
	t.put("deliveries", d.Number, s.record(d, o, req, header, began))
	return d, s.commit(t, nil)
}

// record is the delivery as the API shows it.
func (s *Server) record(d Delivery, o outgoing, req *http.Request, header http.Header, began time.Time) object {
	state := "OK"
	if d.StatusCode/100 != 2 {
		state = "Invalid HTTP Response: " + key(d.StatusCode)
	}
	var action any
	if o.action != "" {
		action = o.action
	}
	sent := object{}
	for name := range req.Header {
		sent[name] = req.Header.Get(name)
	}
	got := object{}
	for name := range header {
		got[name] = header.Get(name)
	}
	var installation, repository any
	if o.installation != 0 {
		installation = o.installation
	}
	if o.repository != nil {
		repository = number(o.repository["id"])
	}
	return object{
		"id": d.Number, "guid": d.ID, "event": d.Event, "action": action, "redelivery": d.Redelivery,
		"delivered_at": stamp(began), "duration": s.cfg.Clock.Now().Sub(began).Seconds(), "status": state, "status_code": d.StatusCode,
		"installation_id": installation, "repository_id": repository, "throttled_at": nil, "url": s.cfg.WebhookURL,
		"request":  object{"headers": sent, "payload": json.RawMessage(o.body)},
		"response": object{"headers": got, "payload": d.Response},
	}
}

// later sends a delivery once more after the request that asked for it.
func (s *Server) later(ctx context.Context, d object) {
	raw, err := encode(sub(d, "request")["payload"])
	if err != nil {
		s.cfg.Log.Error("a redelivery was not sent", slog.Any("error", err))
		return
	}
	o := outgoing{
		guid: text(d["guid"]), event: text(d["event"]), action: text(d["action"]), body: raw,
		repository: s.state.get("repos", key(number(d["repository_id"]))), installation: number(d["installation_id"]), again: true,
	}
	s.sending.Go(func() {
		if _, err := s.attempt(context.WithoutCancel(ctx), o); err != nil {
			s.cfg.Log.Error("a redelivery was not sent", slog.Any("error", err))
		}
	})
}
