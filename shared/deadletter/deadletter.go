// Package deadletter is what people do with messages that a subscription gave
// up: list them, look at one, have it delivered again, drop it. The letters
// stay in the bus, which keeps them until somebody took them; nothing here
// copies them. That a letter lies there calls a person (Watch).
//
// Tasks need no letters: the record of what is to be done is the execution,
// which gives up by itself, and a task that can never succeed is dropped.
package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Letter is one message that was given up. It holds no body.
type Letter struct {
	ID           string    `json:"id"`           // subscription, "-" and the bus's id of it
	Subscription string    `json:"subscription"` // that gave it up
	Topic        string    `json:"topic"`        // that it was published to
	Type         string    `json:"type,omitempty"`
	Event        string    `json:"event,omitempty"` // the event's own id: GitHub's delivery id
	Repository   string    `json:"repository,omitempty"`
	Reason       string    `json:"reason"` // of the last failure
	Attempts     int       `json:"attempts"`
	FirstAt      time.Time `json:"first_at"` // first published
	LastAt       time.Time `json:"last_at"`  // given up
	Bytes        int       `json:"bytes"`    // of the body
	ReplayedFrom string    `json:"replayed_from,omitempty"`

	// Attributes are all of the message's, shown with one letter only.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Data is the body, in base64, only on request.
	Data []byte `json:"data,omitempty"`
}

// Box is all dead letters of the platform.
type Box struct {
	Publisher bus.Publisher
	Letters   bus.Inspector
	Store     store.Store // audit records and pages
	Clock     clock.Clock
}

// List returns a page of the letters, the oldest of each subscription first;
// subscription "" is all of them. next is "" on the last page.
func (b Box) List(ctx context.Context, subscription string, limit int, cursor string) (letters []Letter, next string, err error) {
	subs, err := b.subscriptions(ctx, subscription)
	if err != nil {
		return nil, "", err
	}
	from, after := "", ""
	if cursor != "" {
		if from, after, err = split(cursor); err != nil {
			return nil, "", err
		}
	}
	letters = []Letter{}
	for _, s := range subs {
		switch {
		case s.Name < from:
			continue
		case s.Name > from:
			after = ""
		}
		page, err := b.Letters.Peek(ctx, s.DeadLetter, after, limit-len(letters))
		if err != nil {
			return nil, "", fmt.Errorf("read the dead letters of %s: %w", s.Name, err)
		}
		for _, m := range page {
			letters = append(letters, letter(s, m))
		}
		if len(letters) >= limit {
			return letters, letters[len(letters)-1].ID, nil
		}
	}
	return letters, "", nil
}

// Get returns one letter with its attributes and, if asked for, its body.
func (b Box) Get(ctx context.Context, id string, body bool) (Letter, error) {
	s, m, err := b.find(ctx, id)
	if err != nil {
		return Letter{}, err
	}
	l := letter(s, m)
	l.Attributes = m.Attributes
	if body {
		l.Data = m.Data
	}
	return l, nil
}

// subscriptions returns the one named, or all that can have letters.
func (b Box) subscriptions(ctx context.Context, name string) ([]bus.Subscription, error) {
	subs, err := b.Letters.Subscriptions(ctx)
	if err != nil || name == "" {
		return subs, err
	}
	i := slices.IndexFunc(subs, func(s bus.Subscription) bool { return s.Name == name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "there is no subscription %q that can have dead letters", name)
	}
	return subs[i : i+1], nil
}

// find looks for one letter among those of its subscription.
func (b Box) find(ctx context.Context, id string) (bus.Subscription, bus.Message, error) {
	none := fault.New(fault.NotFound, "there is no dead letter %q; it may have been replayed or dropped", id)
	name, number, err := split(id)
	if err != nil {
		return bus.Subscription{}, bus.Message{}, err
	}
	subs, err := b.subscriptions(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return bus.Subscription{}, bus.Message{}, none
	}
	if err != nil {
		return bus.Subscription{}, bus.Message{}, err
	}
	for after := ""; ; {
		page, err := b.Letters.Peek(ctx, subs[0].DeadLetter, after, bus.MaxPeek)
		if err != nil {
			return subs[0], bus.Message{}, fmt.Errorf("read the dead letters of %s: %w", name, err)
		}
		for _, m := range page {
			if after = m.ID; m.ID == number {
				return subs[0], m, nil
			}
		}
		if len(page) < bus.MaxPeek {
			return subs[0], bus.Message{}, none
		}
	}
}

func letter(s bus.Subscription, m bus.Message) Letter {
	l := Letter{
		ID: s.Name + "-" + m.ID, Subscription: s.Name, Topic: s.Topic, Reason: m.Attributes[bus.AttrDeadReason],
		LastAt: m.PublishedAt, FirstAt: m.PublishedAt, Bytes: len(m.Data), ReplayedFrom: m.Attributes[bus.AttrReplayedFrom],
		Type: m.Attributes[event.AttrPrefix+"type"], Event: m.Attributes[event.AttrPrefix+"id"],
		Repository: m.Attributes[event.AttrPrefix+"repository"],
	}
	l.Attempts, _ = strconv.Atoi(m.Attributes[bus.AttrDeadAttempts]) // 0 is unknown: the server buried it
	if l.Reason == "" {
		l.Reason = "the process that handled it died"
	}
	if at, err := time.Parse(time.RFC3339Nano, m.Attributes[bus.AttrDeadFirst]); err == nil {
		l.FirstAt = at
	}
	return l
}

// split parts an id into the subscription and the bus's id.
func split(id string) (subscription, number string, err error) {
	i := strings.LastIndexByte(id, '-')
	if i <= 0 || i == len(id)-1 {
		return "", "", fault.Wrap(fault.Invalid, errors.New("no hyphen with text on both sides"),
			"%.80q is no dead letter's id; they look like agent-orchestrator-17", id)
	}
	return id[:i], id[i+1:], nil
}
