package pubsub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

const (
	// lookFor is how long a look waits for messages that the server holds back,
	// since another look gave them back just now.
	lookFor = 3 * time.Second
	// lookAtOnce is the most messages that a look leases. Beyond as many
	// letters, those that were pulled first are seen first.
	lookAtOnce = 1000
)

// Subscriptions implements bus.Inspector.
func (b *Bus) Subscriptions(ctx context.Context) ([]bus.Subscription, error) {
	it := b.client.SubscriptionAdminClient.ListSubscriptions(ctx, &pubsubpb.ListSubscriptionsRequest{Project: "projects/" + b.client.Project()})
	var found []bus.Subscription
	for {
		s, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list the subscriptions: %w", kinded(err))
		}
		if dead := s.GetDeadLetterPolicy().GetDeadLetterTopic(); dead != "" {
			found = append(found, bus.Subscription{Name: path.Base(s.GetName()), Topic: path.Base(s.GetTopic()), DeadLetter: path.Base(dead)})
		}
	}
	slices.SortFunc(found, func(x, y bus.Subscription) int { return cmp.Compare(x.Name, y.Name) })
	return found, nil
}

// Peek implements bus.Inspector: what is pulled is given back at once, so that
// nothing that is not acknowledged is lost.
func (b *Bus) Peek(ctx context.Context, subscription, after string, limit int) ([]bus.Message, error) {
	seen, err := b.look(ctx, subscription, nil)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(seen, func(m bus.Message) bool { return m.ID == after }); i >= 0 {
		seen = seen[i+1:]
	}
	return seen[:min(limit, bus.MaxPeek, len(seen))], nil
}

// Remove implements bus.Inspector.
func (b *Bus) Remove(ctx context.Context, subscription, id string) error {
	taken := ""
	_, err := b.look(ctx, subscription, func(m *pubsubpb.ReceivedMessage) bool {
		if m.GetMessage().GetMessageId() == id {
			taken = m.GetAckId()
		}
		return taken != ""
	})
	if err != nil {
		return err
	}
	if taken == "" {
		return fault.New(fault.NotFound, "message %s does not wait for %s", id, subscription)
	}
	err = b.client.SubscriptionAdminClient.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{
		Subscription: b.path("subscriptions", subscription), AckIds: []string{taken},
	})
	if err != nil {
		return fmt.Errorf("take message %s from %s: %w", id, subscription, kinded(err))
	}
	return nil
}

// look leases what waits until no more comes, or until found says so, and gives
// all back but what found kept. It returns the messages, the oldest first.
func (b *Bus) look(ctx context.Context, subscription string, found func(*pubsubpb.ReceivedMessage) bool) ([]bus.Message, error) {
	name := b.path("subscriptions", subscription)
	until, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	var messages []bus.Message
	var back []string
	defer func() {
		if len(back) == 0 {
			return
		}
		// The lease ends by itself if this fails.
		_ = b.client.SubscriptionAdminClient.ModifyAckDeadline(context.WithoutCancel(ctx), &pubsubpb.ModifyAckDeadlineRequest{Subscription: name, AckIds: back})
	}()
	for kept := false; !kept && len(messages) < lookAtOnce; {
		page, err := b.client.SubscriptionAdminClient.Pull(until, &pubsubpb.PullRequest{Subscription: name, MaxMessages: lookAtOnce})
		if late := until.Err() != nil || status.Code(err) == codes.DeadlineExceeded; err != nil && late && ctx.Err() == nil {
			break // nothing more came
		}
		if err != nil {
			return nil, fmt.Errorf("look into %s: %w", subscription, kinded(err))
		}
		for _, m := range page.GetReceivedMessages() {
			if !kept && found != nil && found(m) {
				kept = true
				continue
			}
			back = append(back, m.GetAckId())
			messages = append(messages, message(m.GetMessage()))
		}
	}
	slices.SortFunc(messages, func(x, y bus.Message) int {
		return cmp.Or(x.PublishedAt.Compare(y.PublishedAt), cmp.Compare(len(x.ID), len(y.ID)), cmp.Compare(x.ID, y.ID))
	})
	return messages, nil
}

func message(m *pubsubpb.PubsubMessage) bus.Message {
	return bus.Message{
		ID: m.GetMessageId(), Data: m.GetData(), Attributes: m.GetAttributes(), OrderingKey: m.GetOrderingKey(),
		PublishedAt: m.GetPublishTime().AsTime(),
	}
}
