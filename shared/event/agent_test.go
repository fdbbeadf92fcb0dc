package event_test

import (
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
)

func TestAgent(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"agent:reposync": "reposync", "agent:": "", "agent:nobody": "", "reposync": "", "https://github.com/agent:reposync": "", "": "",
	} {
		if got := (&event.Event{Source: source}).Agent(); got != want {
			t.Errorf("%q is of agent %q, want %q", source, got, want)
		}
	}
}
