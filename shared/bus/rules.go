package bus

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backoff"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// WithDefaults returns s with every zero setting replaced by its default.
func (s Subscription) WithDefaults() Subscription {
	s.Workers = orDefault(s.Workers, 8)
	s.AckDeadline = orDefault(s.AckDeadline, 60*time.Second)
	s.MaxAttempts = orDefault(s.MaxAttempts, 5)
	s.MinBackoff = orDefault(s.MinBackoff, time.Second)
	s.MaxBackoff = max(orDefault(s.MaxBackoff, 60*time.Second), s.MinBackoff)
	if s.DeadLetter == "" {
		s.DeadLetter = s.Name + ".dead"
	}
	return s
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Validate says what is wrong with a subscription's names.
func (s Subscription) Validate() error {
	for _, n := range []string{s.Name, s.Topic, s.DeadLetter} {
		if strings.ContainsRune(n, 0) || len(n) > 255 {
			return fault.New(fault.Invalid, "the name %q is no name for a topic or subscription: use 1 to 255 characters without NUL", n)
		}
	}
	if s.Name == "" || s.Topic == "" {
		return fault.New(fault.Invalid, "a subscription needs a name and a topic; it has name %q and topic %q", s.Name, s.Topic)
	}
	return nil
}

// Matches reports whether a message with these attributes passes the filter. A
// replayed one is for the subscription that gave it up, and no other.
func (s Subscription) Matches(attributes map[string]string) bool {
	if to, ok := attributes[AttrReplayedTo]; ok && to != s.Name {
		return false
	}
	for k, want := range s.Filter {
		if got, ok := attributes[k]; !ok || got != want {
			return false
		}
	}
	return true
}

// Backoff returns how long to wait after the given attempt (from 1) failed:
// MinBackoff, doubled each time, at most MaxBackoff.
func (s Subscription) Backoff(attempt int) time.Duration {
	return backoff.Delay(attempt, s.MinBackoff, s.MaxBackoff)
}

// Letter returns the dead letter of m: its data, key and attributes, and why
// the subscription gave it up. The cause stays out; only public text goes in.
func (s Subscription) Letter(m Message, attempts int, cause error) Message {
	reason, _ := fault.Public(cause)
	attributes := make(map[string]string, len(m.Attributes)+4)
	maps.Copy(attributes, m.Attributes)
	delete(attributes, AttrReplayedTo) // the letter is for whoever reads letters
	attributes[AttrDeadReason] = reason
	attributes[AttrDeadAttempts] = strconv.Itoa(attempts)
	attributes[AttrDeadSubscription] = s.Name
	attributes[AttrDeadFirst] = m.PublishedAt.UTC().Format(time.RFC3339Nano)
	return Message{Data: m.Data, Attributes: attributes, OrderingKey: m.OrderingKey}
}

// CheckSize returns ErrTooLarge if m is over MaxMessageBytes, counting data,
// ordering key and attributes, as Pub/Sub does.
func CheckSize(m Message) error {
	size := len(m.Data) + len(m.OrderingKey)
	for k, v := range m.Attributes {
		size += len(k) + len(v)
	}
	if size > MaxMessageBytes {
		return fault.Wrap(fault.TooLarge, ErrTooLarge,
			"a message of %d bytes is over the limit of %d; keep the body in the blob store and send a reference", size, MaxMessageBytes)
	}
	return nil
}

// ErrNoAnswer is the cause of a delivery that failed because its handler did
// not return within the acknowledgement deadline.
func ErrNoAnswer(deadline time.Duration) error {
	return fault.New(fault.Unavailable, "the handler did not answer within %s", deadline)
}

// ErrPanic is the cause of a delivery whose handler panicked.
func ErrPanic(value any) error {
	return fault.Wrap(fault.Internal, fmt.Errorf("panic: %v", value), "the handler panicked; the log has the cause")
}
