package pubsub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
)

// Pub/Sub's limits: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
const (
	minAckDeadline = 10 * time.Second
	maxAckDeadline = 600 * time.Second
	maxBackoff     = 600 * time.Second
	maxAttempts    = 100
	spareAttempts  = 5 // the server buries this much after the driver would have
	retention      = 7 * 24 * time.Hour
)

// Ensure implements bus.Bus. What exists is left as it is: in the cloud it is
// Terraform's.
func (b *Bus) Ensure(ctx context.Context, s bus.Subscription) error {
	s = s.WithDefaults()
	if err := s.Validate(); err != nil {
		return err
	}
	if err := b.ensureTopic(ctx, s.Topic); err != nil {
		return err
	}
	if s.Name == s.Topic { // a reader of dead letters
		return b.ensureSubscription(ctx, b.subscription(s))
	}
	if err := b.Ensure(ctx, bus.Subscription{Name: s.DeadLetter, Topic: s.DeadLetter}); err != nil {
		return err
	}
	p := b.subscription(s)
	p.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{
		DeadLetterTopic:     b.path("topics", s.DeadLetter),
		MaxDeliveryAttempts: int32(min(s.MaxAttempts+spareAttempts, maxAttempts)),
	}
	return b.ensureSubscription(ctx, p)
}

func (b *Bus) path(kind, name string) string {
	return fmt.Sprintf("projects/%s/%s/%s", b.client.Project(), kind, name)
}

func (b *Bus) subscription(s bus.Subscription) *pubsubpb.Subscription {
	return &pubsubpb.Subscription{
		Name:                     b.path("subscriptions", s.Name),
		Topic:                    b.path("topics", s.Topic),
		AckDeadlineSeconds:       int32(min(max(s.AckDeadline, minAckDeadline), maxAckDeadline) / time.Second),
		EnableMessageOrdering:    s.Ordered,
		Filter:                   filter(s.Filter),
		MessageRetentionDuration: durationpb.New(retention),
		ExpirationPolicy:         &pubsubpb.ExpirationPolicy{}, // never: a letter must find its reader
		RetryPolicy: &pubsubpb.RetryPolicy{
			MinimumBackoff: durationpb.New(min(s.MinBackoff, maxBackoff)),
			MaximumBackoff: durationpb.New(min(s.MaxBackoff, maxBackoff)),
		},
	}
}

// filter writes the attributes in Pub/Sub's language of filters.
func filter(attributes map[string]string) string {
	terms := make([]string, 0, len(attributes))
	for _, k := range slices.Sorted(maps.Keys(attributes)) {
		terms = append(terms, fmt.Sprintf("attributes.%s = %s", quoted(k), quoted(attributes[k])))
	}
	return strings.Join(terms, " AND ")
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (b *Bus) ensureTopic(ctx context.Context, name string) error {
	_, err := b.client.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: b.path("topics", name)})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("make the topic %s: %w", name, kinded(err))
	}
	return nil
}

func (b *Bus) ensureSubscription(ctx context.Context, s *pubsubpb.Subscription) error {
	_, err := b.client.SubscriptionAdminClient.CreateSubscription(ctx, s)
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("make the subscription %s: %w", s.GetName(), kinded(err))
	}
	return nil
}
