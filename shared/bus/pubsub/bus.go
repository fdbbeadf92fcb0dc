// Package pubsub is the bus on Google Cloud Pub/Sub, with StreamingPull. It is
// for whoever serves a topic by pulling (the emulator rung, workers); functions
// on Cloud Run are pushed to by the platform and only publish through it.
//
// What Pub/Sub cannot do, or only for the server's own dead letters, is done
// here: a key that fails is retried in place, since a nack would let pulled
// successors overtake; dead letters are published by the driver after exactly
// MaxAttempts, with the server's dead-letter policy behind it for processes
// that die; the handler's deadline is kept by its context.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Options tune New.
type Options struct {
	Project string                // Google Cloud project id
	Client  []option.ClientOption // endpoint and credentials; empty means the environment's
	Clock   clock.Clock           // nil means the machine's
	Log     *slog.Logger          // nil means no log
}

// Bus implements bus.Bus.
type Bus struct {
	client *pubsub.Client
	clock  clock.Clock
	log    *slog.Logger

	mu         sync.Mutex
	publishers map[string]*pubsub.Publisher
	cancels    map[*context.CancelFunc]bool // of the Serves under way
	served     sync.WaitGroup
	closed     bool
}

var _ bus.Bus = (*Bus)(nil)

// New connects to Pub/Sub, or to the emulator that PUBSUB_EMULATOR_HOST names.
func New(ctx context.Context, o Options) (*Bus, error) {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	client, err := pubsub.NewClient(ctx, o.Project, o.Client...)
	if err != nil {
		return nil, fmt.Errorf("connect to Pub/Sub: %w", err)
	}
	return &Bus{
		client: client, clock: o.Clock, log: o.Log,
		publishers: map[string]*pubsub.Publisher{}, cancels: map[*context.CancelFunc]bool{},
	}, nil
}

// Publish implements bus.Publisher. Pub/Sub refuses a message with neither data
// nor attributes.
func (b *Bus) Publish(ctx context.Context, topic string, m bus.Message) (string, error) {
	if err := bus.CheckSize(m); err != nil {
		return "", err
	}
	p, err := b.publisher(topic)
	if err != nil {
		return "", err
	}
	id, err := p.Publish(ctx, &pubsub.Message{Data: m.Data, Attributes: m.Attributes, OrderingKey: m.OrderingKey}).Get(ctx)
	if err != nil {
		if m.OrderingKey != "" {
			p.ResumePublish(m.OrderingKey) // the next message of the key is tried anew
		}
		return "", fmt.Errorf("publish to %s: %w", topic, kinded(err))
	}
	return id, nil
}

func (b *Bus) publisher(topic string) (*pubsub.Publisher, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, fault.New(fault.Unavailable, "the bus is closed; send again")
	}
	p := b.publishers[topic]
	if p == nil {
		p = b.client.Publisher(topic)
		p.EnableMessageOrdering = true
		p.PublishSettings.DelayThreshold = 1e6 // 1 ms: somebody waits for each
		b.publishers[topic] = p
	}
	return p, nil
}

// kinded gives an error of Pub/Sub its kind.
func kinded(err error) error {
	switch status.Code(err) {
	case codes.NotFound:
		return fault.Wrap(fault.NotFound, err, "the topic or subscription does not exist; create it first")
	case codes.InvalidArgument:
		return fault.Wrap(fault.Invalid, err, "Pub/Sub refused the request as malformed")
	case codes.PermissionDenied, codes.Unauthenticated:
		return fault.Wrap(fault.Forbidden, err, "Pub/Sub refused the service account; give it the role that the manifest names")
	case codes.ResourceExhausted:
		return fault.Wrap(fault.Exhausted, err, "the quota of Pub/Sub is used up; send again later")
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted:
		return fault.Wrap(fault.Unavailable, err, "Pub/Sub does not answer; send again later")
	default:
		return err
	}
}

// Backlog cannot be told: Pub/Sub gives it as a metric only, minutes late.
func (b *Bus) Backlog(context.Context, string) (int, error) {
	return 0, fault.New(fault.Unsupported,
		"Pub/Sub tells its backlog as the metric subscription/num_undelivered_messages only; read it in Cloud Monitoring")
}

// Close ends all Serves and sends what is being published.
func (b *Bus) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	for cancel := range b.cancels {
		(*cancel)()
	}
	b.mu.Unlock()
	b.served.Wait()
	for _, p := range b.publishers {
		p.Stop()
	}
	if err := b.client.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("close Pub/Sub: %w", err)
	}
	return nil
}
