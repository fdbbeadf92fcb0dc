package main_test

import (
	"context"
	"strings"
	"testing"

	infinity "github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity"
)

// TestExitCodes tells the three codes apart, which the scripts do not.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"":                               0,
		"--help":                         0,
		"version":                        0,
		"trigger":                        0,
		"policy schema":                  0,
		"events --data nowhere":          1,
		"events --url http://h:x":        1,
		"policy validate --dir no":       1,
		"evnts":                          2,
		"events --limit many":            2,
		"why":                            2,
		"reject x":                       2,
		"trigger nonsense":               2,
		"decisions --category sometimes": 2,
	} {
		var stdout, stderr strings.Builder
		got := infinity.Run(t.Context(), strings.Fields(line), nil, &stdout, &stderr)
		if got != want {
			t.Errorf("infinity %s: exit code %d, want %d; %s", line, got, want, stderr.String())
		}
		if message := stderr.String(); (want == 0) != (message == "") || strings.Count(message, "\n") > 1 || strings.Contains(message, "goroutine") {
			t.Errorf("infinity %s: standard error is %q", line, message)
		}
		if strings.Contains(stdout.String(), "\x1b[") {
			t.Errorf("infinity %s: colour in what is no terminal", line)
		}
	}
}

// TestStopped: what Ctrl-C kept from its end did not go well, and says so.
func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for line, want := range map[string]int{"audit verify": 130, "audit export": 130, "events --watch": 0} {
		var stdout, stderr strings.Builder
		args := append(strings.Fields(line), "--url", "http://127.0.0.1:1")
		if got := infinity.Run(ctx, args, nil, &stdout, &stderr); got != want {
			t.Errorf("infinity %s: exit code %d, want %d; %s", line, got, want, stderr.String())
		}
	}
}
