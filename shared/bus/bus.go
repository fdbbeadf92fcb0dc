// Package bus is the port to the message bus: topics, subscriptions with
// at-least-once delivery, order by key, retry and dead letters, as Pub/Sub has
// them. Drivers: bus/memory, bus/embedded, bus/pubsub; all pass bus/bustest.
// It knows nothing of CloudEvents: shared/event maps events to messages.
package bus

import (
	"context"
	"errors"
	"time"
)

// MaxMessageBytes is Pub/Sub's limit of one message, data and attributes.
const MaxMessageBytes = 10_000_000

// Attributes the bus adds to a dead letter.
const (
	AttrDeadReason       = "dead-reason"       // the last error's public text
	AttrDeadAttempts     = "dead-attempts"     // how often delivery was tried
	AttrDeadSubscription = "dead-subscription" // which subscription gave up
	AttrDeadFirst        = "dead-first"        // when the message was published, RFC 3339
)

// Attributes of a dead letter that was published again.
const (
	AttrReplayedFrom = "replayed-from" // the letter: subscription, "/" and the letter's message id
	AttrReplayedTo   = "replayed-to"   // the only subscription of the topic that takes it
)

// ErrTooLarge is returned by Publish for a message over MaxMessageBytes.
var ErrTooLarge = errors.New("message is over the bus's limit")

// Message is one message.
type Message struct {
	ID          string            // given by the bus
	Data        []byte            // must not be changed by a handler
	Attributes  map[string]string // nil is empty
	OrderingKey string            // "" means no order
	PublishedAt time.Time
	Attempt     int // 1 on the first delivery
}

// Publisher publishes. It is the only part of the bus that functions see.
type Publisher interface {
	// Publish returns the message's id once it is durable.
	Publish(ctx context.Context, topic string, m Message) (string, error)
}

// Handler handles one delivery. nil acknowledges; an error has the message
// delivered again after a back-off, and dead-lettered after MaxAttempts.
type Handler func(ctx context.Context, m Message) error

// Subscription says how a topic is delivered to one handler.
type Subscription struct {
	Name        string
	Topic       string
	Ordered     bool              // one at a time, in order, for each OrderingKey
	Filter      map[string]string // attributes that must be equal; nil takes all
	Workers     int               // handlers at once; 0 means 8
	AckDeadline time.Duration     // a handler's time; 0 means 60 s
	MaxAttempts int               // then dead-lettered; 0 means 5
	MinBackoff  time.Duration     // 0 means 1 s
	MaxBackoff  time.Duration     // 0 means 60 s
	DeadLetter  string            // topic; "" means Name + ".dead"
}

// Bus is the port.
type Bus interface {
	Publisher
	Inspector
	// Ensure makes the topic and the subscription if they are missing. Messages
	// published after it are kept for the subscription, served or not. It also
	// makes the dead-letter topic and, unless the subscription is one itself
	// (its name is its topic's), a subscription named like that topic, so that
	// no letter is lost before somebody reads them.
	Ensure(ctx context.Context, s Subscription) error
	// Serve delivers until ctx ends, then waits for the handlers under way.
	// Attempts are counted durably, so that a crash does not reset them.
	Serve(ctx context.Context, s Subscription, h Handler) error
	// Backlog returns how many messages wait for the subscription.
	Backlog(ctx context.Context, subscription string) (int, error)
	Close() error
}
