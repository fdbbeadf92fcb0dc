package github_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func all(t *testing.T) []payloads.Payload {
	t.Helper()
	ps, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// TestEveryPayload compares with what encoding/json reads.
func TestEveryPayload(t *testing.T) {
	t.Parallel()
	type named struct {
		ID       int64
		FullName string `json:"full_name"`
		HTMLURL  string `json:"html_url"`
		Login    string
	}
	for _, p := range all(t) {
		var body struct{ Repository, Installation, Organization, Sender named }
		if err := json.Unmarshal(p.Body, &body); err != nil {
			t.Fatal(err)
		}
		got, err := github.Parse(p.Event, p.Body)
		if err != nil {
			t.Errorf("%s: %v", p.Name(), err)
			continue
		}
		want := github.Webhook{
			Event: p.Event, Action: p.Action, RepositoryID: body.Repository.ID, Repository: body.Repository.FullName,
			RepositoryURL: body.Repository.HTMLURL, InstallationID: body.Installation.ID, OrganizationID: body.Organization.ID,
			Organization: body.Organization.Login, Sender: body.Sender.Login, Subject: got.Subject,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", p.Name(), diff)
		}
		e := event.Event{ID: "1"}
		got.Fill(&e)
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name(), err)
		}
	}
}

func TestTypesAndSubjects(t *testing.T) {
	t.Parallel()
	tests := []struct{ event, action, typ, subject string }{
		{"push", "", "com.github.push", "refs/tags/simple-tag"},
		{"workflow_run", "completed", "com.github.workflow_run.completed", "actions/runs/1589141559"},
		{"pull_request_review_comment", "created", "com.github.pull_request_review_comment.created", "pull/2"},
		{"issue_comment", "created", "com.github.issue_comment.created", "issues/1"},
		{"issues", "milestoned", "com.github.issues.milestoned", "issues/2"},
		{"star", "created", "com.github.star.created", ""},
	}
	for _, tt := range tests {
		p, err := payloads.Find(tt.event, tt.action)
		if err != nil {
			t.Fatal(err)
		}
		got, err := github.Parse(p.Event, p.Body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{tt.typ, tt.subject}, []string{got.Type(), got.Subject}); diff != "" {
			t.Errorf("%s: %s", p.Name(), diff)
		}
	}
}

// TestSwappedEventName sends every payload under every other event's name.
func TestSwappedEventName(t *testing.T) {
	t.Parallel()
	for _, p := range all(t) {
		for _, name := range github.Events() {
			if name == p.Event {
				continue
			}
			if _, err := github.Parse(name, p.Body); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s as %s: %v, want invalid", p.Name(), name, err)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ event, body, want string }{
		"unknown event":   {"no_such_event", `{"action":"x"}`, "unknown event"},
		"not JSON":        {"push", `{"ref"`, "not valid JSON: JSON ends early at byte 6"},
		"no object":       {"push", `[]`, "not a JSON object"},
		"empty":           {"public", `{}`, "not a JSON object"},
		"missing member":  {"public", `{"repository":{}}`, "the member sender is missing"},
		"another's":       {"public", `{"repository":{},"sender":{},"forkee":{}}`, "the member forkee is another event's"},
		"another's deeds": {"watch", `{"action":"created","repository":{},"sender":{}}`, "its action is another event's"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := github.Parse(tt.event, []byte(tt.body))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want invalid: %s", err, tt.want)
			}
		})
	}
}

func TestGitHubMayAdd(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"action":"started","repository":{},"sender":{},"brand_new":1}`,
		`{"action":"brand_new","repository":{},"sender":{}}`,
	} {
		if _, err := github.Parse("watch", []byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestSourceAndPartitionKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		hook        github.Webhook
		source, key string
	}{
		{github.Webhook{RepositoryURL: "https://github.com/o/r", RepositoryID: 7, OrganizationID: 8}, "https://github.com/o/r", "7"},
		{github.Webhook{Organization: "o", OrganizationID: 8, InstallationID: 9}, "https://github.com/o", "organization-8"},
		{github.Webhook{InstallationID: 9}, "https://github.com", "installation-9"},
		{github.Webhook{}, "https://github.com", ""},
	}
	for _, tt := range tests {
		if got := tt.hook.Source(); got != tt.source {
			t.Errorf("Source = %q, want %q", got, tt.source)
		}
		if got := tt.hook.PartitionKey(); got != tt.key {
			t.Errorf("PartitionKey = %q, want %q", got, tt.key)
		}
	}
}

func TestEventsAreSortedAndMany(t *testing.T) {
	t.Parallel()
	names := github.Events()
	if len(names) != 81 || !slices.IsSorted(names) {
		t.Errorf("%d events, sorted %t", len(names), slices.IsSorted(names))
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range []string{"push", "issues", "ping"} {
		p, err := payloads.Find(e, "")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e, []byte(p.Body))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		w, err := github.Parse(name, body)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%v is not invalid", err)
			}
			return
		}
		if !json.Valid(body) || !strings.HasPrefix(w.Type(), "com.github."+name) {
			t.Errorf("accepted %q as %s", body, w.Type())
		}
	})
}
