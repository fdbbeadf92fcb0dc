package event_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func full() event.Event {
	return event.Event{
		ID: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Source: "https://github.com/octo/hello", Type: "com.github.issues.opened",
		Subject: "issues/12", Time: time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC),
		PartitionKey: "35129377", InstallationID: 1 << 40, Repository: "octo/hello", RepositoryID: 35129377,
		Digest: strings.Repeat("ab", 32), Hop: 2, TraceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		Data: []byte(`{"action":"opened"}`),
	}
}

// TestMessageIsTheStandards has the CloudEvents SDK read a message's
// attributes as the headers of the HTTP binding, which have the same names.
func TestMessageIsTheStandards(t *testing.T) {
	t.Parallel()
	want := full()
	m := event.ToMessage(want)
	if m.OrderingKey != "35129377" {
		t.Errorf("OrderingKey = %q", m.OrderingKey)
	}
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(m.Data))
	for k, v := range m.Attributes {
		r.Header.Set(k, v)
	}
	ce, err := cehttp.NewEventFromHTTPRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := ce.Validate(); err != nil {
		t.Error(err)
	}
	got := []any{ce.ID(), ce.Source(), ce.Type(), ce.Subject(), ce.Time(), ce.DataContentType(), string(ce.Data()), ce.Extensions()["partitionkey"], ce.Extensions()["installationid"], ce.Extensions()["hop"]}
	if diff := cmp.Diff([]any{want.ID, want.Source, want.Type, want.Subject, want.Time, "application/json", string(want.Data), "35129377", "1099511627776", "2"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	referring := full()
	referring.Data, referring.DataRef = nil, "events/2026/x"
	for _, want := range []event.Event{full(), referring, {ID: "1", Source: "/s", Type: "t"}} {
		got, err := event.FromMessage(event.ToMessage(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("message: %s", diff)
		}
		for _, structured := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
			if err := event.WriteHTTP(t.Context(), want, r, structured); err != nil {
				t.Fatal(err)
			}
			if got := strings.HasPrefix(r.Header.Get("Content-Type"), "application/cloudevents+json"); got != structured {
				t.Errorf("structured = %t, want %t", got, structured)
			}
			got, err := event.FromHTTP(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("HTTP, structured %t: %s", structured, diff)
			}
		}
	}
}

func TestRoundTripOfAnyEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~éß]{1,40}`)
		want := event.Event{
			ID: text.Draw(t, "id"), Source: "/" + rapid.StringMatching(`[a-z/]{0,20}`).Draw(t, "source"), Type: text.Draw(t, "type"),
			Subject: text.Draw(t, "subject"), Time: time.Unix(0, rapid.Int64Range(1, 1<<61).Draw(t, "time")).UTC(),
			InstallationID: rapid.Int64().Draw(t, "installation"), Hop: rapid.IntRange(0, 100).Draw(t, "hop"),
		}
		got, err := event.FromMessage(event.ToMessage(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestFromMessageRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(m *bus.Message){
		"no attributes":      func(m *bus.Message) { m.Attributes = nil },
		"another version":    func(m *bus.Message) { m.Attributes["ce-specversion"] = "0.3" },
		"no id":              func(m *bus.Message) { delete(m.Attributes, "ce-id") },
		"no type":            func(m *bus.Message) { delete(m.Attributes, "ce-type") },
		"no source":          func(m *bus.Message) { delete(m.Attributes, "ce-source") },
		"source is no URI":   func(m *bus.Message) { m.Attributes["ce-source"] = "%zz" },
		"bad time":           func(m *bus.Message) { m.Attributes["ce-time"] = "yesterday" },
		"bad id of a number": func(m *bus.Message) { m.Attributes["ce-repositoryid"] = "12x" },
		"negative hop":       func(m *bus.Message) { m.Attributes["ce-hop"] = "-1" },
		"control character":  func(m *bus.Message) { m.Attributes["ce-subject"] = "a\nb" },
		"not UTF-8":          func(m *bus.Message) { m.Attributes["ce-subject"] = "\xff" },
		"too long":           func(m *bus.Message) { m.Attributes["ce-subject"] = strings.Repeat("x", 1025) },
		"data and reference": func(m *bus.Message) { m.Attributes["ce-dataref"] = "events/x" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := event.ToMessage(full())
			spoil(&m)
			if _, err := event.FromMessage(m); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v, want invalid", err)
			}
		})
	}
}

func TestFromHTTPRefuses(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{}`))
	if _, err := event.FromHTTP(r); !fault.Is(err, fault.Invalid) {
		t.Errorf("no event: %v, want invalid", err)
	}
	r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"specversion":"0.3","id":"1","source":"/","type":"t"}`))
	r.Header.Set("Content-Type", "application/cloudevents+json")
	if _, err := event.FromHTTP(r); !fault.Is(err, fault.Invalid) {
		t.Errorf("version 0.3: %v, want invalid", err)
	}
}

func TestMeaning(t *testing.T) {
	t.Parallel()
	meaning := func(typ, body string) string {
		t.Helper()
		m, err := event.Meaning(event.Event{Type: typ}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	repository := meaning("com.github.push", `{"ref":"x","after":"1"}`)
	for body, same := range map[string]bool{
		`{"after":"1","installation":{"id":3},"ref":"x"}`: true,
		`{"hook_id":2,"ref":"x","hook":{},"after":"1"}`:   true,
		`{"ref":"x","after":"2"}`:                         false,
		`{"ref":"x"}`:                                     false,
		`{"ref":"xa","fter":"1"}`:                         false,
	} {
		if got := meaning("com.github.push", body) == repository; got != same {
			t.Errorf("%s means the same: %t, want %t", body, got, same)
		}
	}
	if meaning("com.github.create", `{"ref":"x","after":"1"}`) == repository {
		t.Error("the type does not count")
	}
	if _, err := event.Meaning(event.Event{}, []byte(`{`)); !fault.Is(err, fault.Invalid) {
		t.Errorf("bad JSON: %v, want invalid", err)
	}
}

func FuzzFromHTTP(f *testing.F) {
	f.Add("application/cloudevents+json", []byte(`{"specversion":"1.0","id":"1","source":"/","type":"t","hop":"1","data":{}}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		e, err := event.FromHTTP(r)
		if err != nil {
			return
		}
		again, err := event.FromMessage(event.ToMessage(e))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Error(diff)
		}
	})
}
