package main_test

import (
	"path/filepath"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	infinity "github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity"
)

// TestTyped: a hint can be run as it is printed.
func TestTyped(t *testing.T) {
	t.Parallel()
	for arg0, want := range map[string]string{
		"bin/infinity":            "bin/infinity",
		"./infinity":              "./infinity",
		"infinity":                "infinity",
		"infinity.test":           "infinity",
		"/usr/local/bin/infinity": "infinity",
	} {
		if got := infinity.Typed(arg0, ""); got != want {
			t.Errorf("started as %s: %s, want %s", arg0, got, want)
		}
	}
	usual, err := filepath.Abs(".data")
	if err != nil {
		t.Fatal(err)
	}
	for data, want := range map[string]string{usual: "infinity", "/x/other": "infinity --data /x/other", "/x/my data": "infinity --data '/x/my data'"} {
		if got := infinity.Typed("infinity", data); got != want {
			t.Errorf("on %s: %s, want %s", data, got, want)
		}
	}
}

// TestRecoveredLine: a start tells what it found, and not what it did not.
func TestRecoveredLine(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]local.Recovered{
		"1 queued task, 2 executions that wait":              {Tasks: 1, Waiting: 2},
		"1 undecided event":                                  {Events: 1},
		"3 queued tasks, 200 executions under way, and more": {Tasks: 3, Executions: 200, More: true},
	} {
		if got := infinity.RecoveredLine(r); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
