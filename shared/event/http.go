package event

import (
	"context"
	"fmt"
	"net/http"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// FromHTTP reads an event from a request in binary or structured mode
// (CloudEvents HTTP binding 1.0.2). The caller bounds the body. The error has
// kind fault.Invalid.
func FromHTTP(r *http.Request) (Event, error) {
	ce, err := cehttp.NewEventFromHTTPRequest(r)
	if err != nil {
		return Event{}, fault.Wrap(fault.Invalid, err, "the request is no CloudEvent 1.0; send it in binary or structured mode")
	}
	if ce.SpecVersion() != SpecVersion {
		return Event{}, fault.New(fault.Invalid, "the event's specversion is %q; send 1.0", ce.SpecVersion())
	}
	return fromSDK(ce)
}

// WriteHTTP puts e into the request, in structured or binary mode.
func WriteHTTP(ctx context.Context, e Event, r *http.Request, structured bool) error {
	ce, err := toSDK(e)
	if err != nil {
		return err
	}
	if structured {
		ctx = binding.WithForceStructured(ctx)
	} else {
		ctx = binding.WithForceBinary(ctx)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&ce), r); err != nil {
		return fmt.Errorf("write event %s as HTTP: %w", e.ID, err)
	}
	return nil
}

// toSDK goes through the attributes of ToMessage, so that there is one
// mapping and its names are checked by the SDK.
func toSDK(e Event) (cloudevents.Event, error) {
	ce := cloudevents.NewEvent(SpecVersion)
	ce.SetID(e.ID)
	ce.SetSource(e.Source)
	ce.SetType(e.Type)
	ce.SetSubject(e.Subject)
	if !e.Time.IsZero() {
		ce.SetTime(e.Time)
	}
	for _, a := range attrs[core:] {
		if v := a.get(&e); v != "" {
			ce.SetExtension(a.name, v)
		}
	}
	if len(e.Data) > 0 {
		ce.SetDataContentType(contentJSON)
		ce.DataEncoded = e.Data
	}
	if err := ce.Validate(); err != nil {
		return ce, fault.Wrap(fault.Invalid, err, "the event is not valid")
	}
	return ce, nil
}

// core is how many of attrs are attributes of CloudEvents itself.
const core = 5

func fromSDK(ce *cloudevents.Event) (Event, error) {
	m := bus.Message{Data: ce.Data(), Attributes: map[string]string{
		AttrPrefix + "specversion": ce.SpecVersion(),
		AttrPrefix + "id":          ce.ID(),
		AttrPrefix + "source":      ce.Source(),
		AttrPrefix + "type":        ce.Type(),
		AttrPrefix + "subject":     ce.Subject(),
		AttrPrefix + "time":        getTime(&Event{Time: ce.Time()}),
	}}
	for name, v := range ce.Extensions() {
		m.Attributes[AttrPrefix+name] = fmt.Sprint(v)
	}
	return FromMessage(m)
}
