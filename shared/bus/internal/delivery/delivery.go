// Package delivery is the engine that the memory and embedded buses share: it
// decides which message goes to a handler when, one at a time for each key,
// with back-off, deadlines and dead letters. It keeps nothing: what must
// survive is the driver's, behind Log.
package delivery

import (
	"context"
	"log/slog"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
)

// Entry is a message at its place in the topic. Message.Attempt says how often
// its delivery was begun before.
type Entry struct {
	Seq     uint64
	Message bus.Message
}

// Attempt is one delivery: Count is 1 for the first.
type Attempt struct {
	Seq   uint64
	Count int
}

// Letter is a message given up, to be published to the dead-letter topic and
// acknowledged in one step.
type Letter struct {
	Seq     uint64
	Message bus.Message
}

// Turn is what one turn of the loop changed.
type Turn struct {
	Acked   []uint64
	Failed  []Attempt
	Dead    []Letter
	Started []Attempt // handed to handlers as soon as the turn is committed
}

// Empty reports whether nothing changed.
func (t *Turn) Empty() bool {
	return len(t.Acked)+len(t.Failed)+len(t.Dead)+len(t.Started) == 0
}

// Log is the driver's side of one subscription. Only one loop calls it.
type Log interface {
	// Scan returns, in order, at most limit messages that follow after and are
	// not acknowledged; fewer than limit means that there are no more now.
	Scan(after uint64, limit int) ([]Entry, error)
	// Load returns one message again.
	Load(seq uint64) (Entry, error)
	// Commit records a turn before its deliveries start.
	Commit(t *Turn) error
	// Settle is called when deliveries have paused.
	Settle() error
	// Changed receives after more was published.
	Changed() <-chan struct{}
}

// Deps are what Serve works with.
type Deps struct {
	Clock clock.Clock
	Log   *slog.Logger
}

// Serve delivers l's messages to h as s says until ctx ends, then waits for the
// handlers under way. A handler past its deadline is not waited for.
func Serve(ctx context.Context, d Deps, s bus.Subscription, l Log, h bus.Handler) error {
	loop := newLoop(ctx, d, s.WithDefaults(), l, h)
	defer close(loop.closed)
	return loop.run(ctx)
}
