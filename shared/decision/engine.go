package decision

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Policies gives the set in force. Nil means that none could be read: then
// events are recorded and nothing is proposed.
type Policies interface{ Current() *policy.Set }

// Deps is what an Engine stands on.
type Deps struct {
	Store    store.Store
	Blobs    blob.Store
	Tasks    task.Enqueuer
	Policies Policies
	Autonomy autonomy.Source // none: nothing is permitted but observing
	Actions  *action.Registry
	App      App // whose events are our own; the zero App has none
	Clock    clock.Clock
	Log      *slog.Logger

	VetoWindow time.Duration // of category Alert, from when people were told
	Approval   time.Duration // how long a Manual execution waits, from then
	Remind     time.Duration // how long before its end people are reminded; 0 is never
}

// Engine decides events.
type Engine struct{ d Deps }

// NewEngine returns an engine on d.
func NewEngine(d Deps) *Engine { return &Engine{d: d} }

// Decide answers e, once: another delivery of the same id or of the same
// meaning returns the first decision. It returns when decision, executions and
// audit records are durable and the executions that may run are queued.
func (e *Engine) Decide(ctx context.Context, ev event.Event) (Decision, error) {
	if d, err := store.Get[Delivery](ctx, e.d.Store, key(Deliveries, deliveryID(ev))); err == nil {
		if d.Digest != ev.Digest {
			if err := e.conflict(ctx, d); err != nil {
				return Decision{}, err
			}
		}
		return e.resume(ctx, d.DecisionID)
	} else if !errors.Is(err, store.ErrNotFound) {
		return Decision{}, fmt.Errorf("look for event %s: %w", ev.ID, err)
	}
	body, err := e.body(ctx, ev)
	if err != nil {
		return Decision{}, err
	}
	ref, err := e.keep(ctx, ev, body)
	if err != nil {
		return Decision{}, err
	}
	ev.Data = body
	in, cause, err := e.input(ctx, &ev)
	if err != nil {
		return Decision{}, err
	}
	draft, err := e.draft(ev, in, e.d.Clock.Now())
	if err != nil {
		return Decision{}, err
	}
	draft.Decision.Cause = cause
	first, err := e.record(ctx, ev, draft, delivery(ev, ref, len(body)))
	if err != nil {
		return Decision{}, fmt.Errorf("record the decision on event %s: %w", ev.ID, err)
	}
	return first, e.queue(ctx, first)
}

// conflict records that a delivery id came back with another body. GitHub does
// not sign the id, so somebody may have replayed a body under a used one; the
// first delivery stands.
func (e *Engine) conflict(ctx context.Context, d Delivery) error {
	err := e.d.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return audit.Write(tx, audit.Record{
			At: e.d.Clock.Now(), Actor: Actor, Verb: "event.conflict", Subject: Deliveries + "/" + d.ID, Decision: d.DecisionID,
			Event: d.ID, Reason: "the same delivery id came with another body, which was dropped", Retention: "security",
		})
	})
	if err != nil {
		return fmt.Errorf("record the conflict of event %s: %w", d.EventID, err)
	}
	return nil
}

// resume queues again what an earlier delivery decided: that one may have
// died between its commit and its queueing.
func (e *Engine) resume(ctx context.Context, id string) (Decision, error) {
	d, err := store.Get[Decision](ctx, e.d.Store, key(Collection, id))
	if err != nil {
		return d, fmt.Errorf("read decision %s: %w", id, err)
	}
	return d, e.queue(ctx, d)
}

// body returns the event's JSON, from the message or from its blob.
func (e *Engine) body(ctx context.Context, ev event.Event) ([]byte, error) {
	if ev.DataRef == "" {
		return ev.Data, nil
	}
	r, err := e.d.Blobs.Get(ctx, ev.DataRef)
	if err != nil {
		return nil, fmt.Errorf("open the body of event %s: %w", ev.ID, err)
	}
	defer func() { _ = r.Close() }()
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the body of event %s: %w", ev.ID, err)
	}
	return body, nil
}

// keep stores the body under its day and digest, for replay and back-tests.
func (e *Engine) keep(ctx context.Context, ev event.Event, body []byte) (string, error) {
	if ev.DataRef != "" {
		return ev.DataRef, nil
	}
	digest := ev.Digest
	if digest == "" { // the source gives none
		digest = fmt.Sprintf("%x", sha256.Sum256(body))
	}
	ref := fmt.Sprintf("events/%s/%s.json", ev.Time.UTC().Format(time.DateOnly), digest)
	err := e.d.Blobs.Put(ctx, ref, bytes.NewReader(body))
	if err != nil && !errors.Is(err, blob.ErrExists) {
		return "", fmt.Errorf("keep the body of event %s: %w", ev.ID, err)
	}
	return ref, nil
}

// deliveryID names the document of a delivery: delivery ids are unique within
// their source only.
func deliveryID(ev event.Event) string { return shortID("v", ev.Source, ev.ID) }

func key(collection, id string) store.Key { return store.Key{Collection: collection, ID: id} }

func delivery(ev event.Event, ref string, size int) Delivery {
	return Delivery{
		ID: deliveryID(ev), EventID: ev.ID, Source: ev.Source, Type: ev.Type, Subject: ev.Subject,
		Repository: ev.Repository, RepositoryID: ev.RepositoryID, InstallationID: ev.InstallationID,
		Digest: ev.Digest, BodyRef: ref, BodyBytes: size, Hop: ev.Hop, TraceParent: ev.TraceParent,
		ReceivedAt: ev.Time,
	}
}

// Replay decides again, dry, what the recorded event id would be answered with
// by the policies in force now. Nothing is written.
func (e *Engine) Replay(ctx context.Context, id string) (Decision, error) {
	ev, err := e.Event(ctx, id)
	if err != nil {
		return Decision{}, err
	}
	d, err := e.Draft(ev, e.d.Clock.Now())
	if err != nil {
		return Decision{}, err
	}
	d.Decision.Meaning, err = event.Meaning(ev, ev.Data)
	return d.Decision, err
}

// Explain says why the policy of that name matches the recorded event id, or
// why not.
func (e *Engine) Explain(ctx context.Context, id, name string) (policy.Explanation, error) {
	ev, err := e.Event(ctx, id)
	if err != nil {
		return policy.Explanation{}, err
	}
	in, err := policy.NewInput(ev)
	if err != nil {
		return policy.Explanation{}, err
	}
	set := e.d.Policies.Current()
	if set == nil {
		return policy.Explanation{}, fault.New(fault.Unavailable, "no policies are in force; run `infinity policy validate`")
	}
	return set.Explain(in, name)
}

// Event returns a recorded event with its body.
func (e *Engine) Event(ctx context.Context, id string) (event.Event, error) {
	d, err := store.Get[Delivery](ctx, e.d.Store, key(Deliveries, id))
	if errors.Is(err, store.ErrNotFound) {
		return event.Event{}, fault.Wrap(fault.NotFound, err, "there is no event %q", id)
	}
	if err != nil {
		return event.Event{}, fmt.Errorf("read event %s: %w", id, err)
	}
	return e.Recorded(ctx, d)
}

// Recorded returns the event of d with its body; the error wraps
// blob.ErrNotFound if that is no longer kept.
func (e *Engine) Recorded(ctx context.Context, d Delivery) (event.Event, error) {
	ev := event.Event{
		ID: d.EventID, Source: d.Source, Type: d.Type, Subject: d.Subject, Time: d.ReceivedAt, Repository: d.Repository,
		RepositoryID: d.RepositoryID, InstallationID: d.InstallationID, Digest: d.Digest, Hop: d.Hop,
		TraceParent: d.TraceParent, DataRef: d.BodyRef,
	}
	var err error
	ev.Data, err = e.body(ctx, ev)
	if errors.Is(err, blob.ErrNotFound) {
		err = fault.Wrap(fault.NotFound, err, "the body of event %s is no longer kept, so it cannot be decided again", d.ID)
	}
	ev.DataRef = ""
	return ev, err
}
