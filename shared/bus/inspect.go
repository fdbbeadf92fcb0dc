package bus

import "context"

// MaxPeek is the most messages that Peek returns at once.
const MaxPeek = 200

// Inspector is how people look into what waits for a subscription that nobody
// serves: its dead letters. Functions that only publish do not see it.
type Inspector interface {
	// Subscriptions returns name, topic and dead-letter topic of each
	// subscription that has one, by name.
	Subscriptions(ctx context.Context) ([]Subscription, error)
	// Peek returns the messages that wait for the subscription, the oldest
	// first, and takes none of them. After is the id of the last message of the
	// page before, or ""; fewer than limit means that no more are known now.
	Peek(ctx context.Context, subscription, after string, limit int) ([]Message, error)
	// Remove takes one message from a subscription that nobody serves:
	// fault.Conflict if somebody does, fault.NotFound if it does not wait there.
	Remove(ctx context.Context, subscription, id string) error
}
