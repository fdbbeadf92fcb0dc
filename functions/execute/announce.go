package execute

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
)

// Types of the events that tell of a question to people.
const (
	typeRequested = "io.infinity.approval.requested"
	typeReminded  = "io.infinity.approval.reminded"
)

// announcer publishes what people are asked, for those who bring it to them.
// The event's id is the question's, so that telling twice is seen as once.
type announcer struct{ bus bus.Publisher }

// Tell implements execution.Teller.
func (a announcer) Tell(ctx context.Context, q approval.Approval, reminder bool) error {
	body, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("write the announcement of %s: %w", q.ID, err)
	}
	e := event.Event{
		ID: q.ID, Source: "/executions", Type: typeRequested, Subject: q.ExecutionID, Time: q.AskedAt,
		PartitionKey: q.ExecutionID, Repository: q.Repository, InstallationID: q.InstallationID, Data: body,
	}
	if reminder {
		e.ID, e.Type = q.ID+"-reminder", typeReminded
	}
	if _, err := a.bus.Publish(ctx, event.TopicStateChanges, event.ToMessage(e)); err != nil {
		return fmt.Errorf("announce %s: %w", q.ID, err)
	}
	return nil
}
