package payloads_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
)

func TestAllPayloadsAreThere(t *testing.T) {
	t.Parallel()
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	events := map[string]bool{}
	names := map[string]bool{}
	for _, p := range all {
		events[p.Event] = true
		if names[p.Name()] {
			t.Errorf("name %s is not unique", p.Name())
		}
		names[p.Name()] = true
	}
	if len(all) != 329 || len(events) != 58 {
		t.Errorf("got %d payloads of %d events, want 329 of 58", len(all), len(events))
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	p, err := payloads.Find("workflow_run", "completed")
	if err != nil || p.Event != "workflow_run" || p.Action != "completed" {
		t.Errorf("Find(workflow_run, completed) = %s, %v", p.Name(), err)
	}
	if _, err := payloads.Find("no_such_event", ""); err == nil {
		t.Error("Find(no_such_event) succeeded, want an error")
	}
}
