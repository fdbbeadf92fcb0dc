package event

import (
	"strconv"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// SpecVersion is the only version of CloudEvents that is spoken.
const SpecVersion = "1.0"

// AttrContentType is the message attribute that holds datacontenttype, and
// AttrPrefix is what all others begin with (CloudEvents SDK, protocol/pubsub).
const (
	AttrContentType = "Content-Type"
	AttrPrefix      = "ce-"
)

const contentJSON = "application/json"

// ToMessage maps e to a message in binary mode: attributes beside the body.
// The ordering key is the partition key.
func ToMessage(e Event) bus.Message {
	attributes := make(map[string]string, 16)
	for _, a := range attrs {
		if v := a.get(&e); v != "" {
			attributes[AttrPrefix+a.name] = v
		}
	}
	attributes[AttrPrefix+"specversion"] = SpecVersion
	attributes[AttrContentType] = contentJSON
	return bus.Message{Data: e.Data, Attributes: attributes, OrderingKey: e.PartitionKey}
}

// FromMessage maps a message in binary mode back, and checks it as Validate
// does. The error has kind fault.Invalid: the message can never be handled.
func FromMessage(m bus.Message) (Event, error) {
	e := Event{Data: m.Data}
	if v := m.Attributes[AttrPrefix+"specversion"]; v != SpecVersion {
		return Event{}, fault.New(fault.Invalid, "the message is no CloudEvent 1.0: its specversion is %q", v)
	}
	for _, a := range attrs {
		v := m.Attributes[AttrPrefix+a.name]
		if v == "" {
			continue
		}
		if err := a.set(&e, v); err != nil {
			return Event{}, fault.Wrap(fault.Invalid, err, "the event's attribute %s is not valid", a.name)
		}
	}
	return e, e.Validate()
}

// attr is one attribute's name and how it is read and written.
type attr struct {
	name string
	get  func(*Event) string
	set  func(*Event, string) error
}

// attrs are the CloudEvents attributes of Event. 64-bit ids travel as strings,
// since a CloudEvents Integer has 32 bits.
var attrs = []attr{
	text("id", func(e *Event) *string { return &e.ID }),
	text("source", func(e *Event) *string { return &e.Source }),
	text("type", func(e *Event) *string { return &e.Type }),
	text("subject", func(e *Event) *string { return &e.Subject }),
	{"time", getTime, setTime},
	text("partitionkey", func(e *Event) *string { return &e.PartitionKey }),
	number("installationid", func(e *Event) *int64 { return &e.InstallationID }),
	text("repository", func(e *Event) *string { return &e.Repository }),
	number("repositoryid", func(e *Event) *int64 { return &e.RepositoryID }),
	text("digest", func(e *Event) *string { return &e.Digest }),
	{"hop", getHop, setHop},
	text("traceparent", func(e *Event) *string { return &e.TraceParent }),
	text("dataref", func(e *Event) *string { return &e.DataRef }),
}

func text(name string, at func(*Event) *string) attr {
	return attr{
		name,
		func(e *Event) string { return *at(e) },
		func(e *Event, v string) error { *at(e) = v; return nil },
	}
}

func number(name string, at func(*Event) *int64) attr {
	return attr{name, func(e *Event) string {
		if *at(e) == 0 {
			return ""
		}
		return strconv.FormatInt(*at(e), 10)
	}, func(e *Event, v string) (err error) {
		*at(e), err = strconv.ParseInt(v, 10, 64)
		return err
	}}
}

func getTime(e *Event) string {
	if e.Time.IsZero() {
		return ""
	}
	return e.Time.UTC().Format(time.RFC3339Nano)
}

func setTime(e *Event, v string) error {
	t, err := time.Parse(time.RFC3339Nano, v)
	e.Time = t.UTC()
	return err
}

func getHop(e *Event) string {
	if e.Hop == 0 {
		return ""
	}
	return strconv.Itoa(e.Hop)
}

func setHop(e *Event, v string) error {
	n, err := strconv.ParseUint(v, 10, 31)
	e.Hop = int(n)
	return err
}
