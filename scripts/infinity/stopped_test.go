package main_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	infinity "github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function/machine"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestAuditOfAStoppedPlatform lists the records of a data folder that no
// process has open, page by page, and says what to do about one that has.
func TestAuditOfAStoppedPlatform(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	open := func() *machine.Machine {
		t.Helper()
		m, err := machine.Open(machine.Options{Data: data, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := open()
	if err := m.Store.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		for i := range 5 {
			r := audit.Record{At: time.Now().Add(time.Duration(i) * time.Second), Actor: "key:ana", Verb: fmt.Sprint("test.", i), Subject: "things/1"}
			if i%2 == 1 {
				r.Actor, r.Decision = "key:eve", "dwanted"
			}
			if err := audit.Write(tx, r); err != nil {
				return err
			}
		}
		return tx.Put(store.Key{Collection: decision.Collection, ID: "dwanted"}, decision.Decision{ID: "dwanted"})
	}); err != nil {
		t.Fatal(err)
	}
	run := func(want int, line string) (stdout, stderr string) {
		t.Helper()
		var out, err strings.Builder
		if got := infinity.Run(t.Context(), append(strings.Fields(line), "--data", data), nil, &out, &err); got != want {
			t.Fatalf("infinity %s: exit code %d, want %d: %s", line, got, want, err.String())
		}
		return out.String(), err.String()
	}
	if _, message := run(1, "audit list"); !strings.Contains(message, "another process") {
		t.Errorf("a folder that is in use: %q", message)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	verbs := regexp.MustCompile(`test\.\d`)
	for line, want := range map[string]string{
		"audit": "test.4 test.3 test.2 test.1 test.0", "audit list --json --actor key:eve": "test.3 test.1",
		"audit list --decision dwant": "test.3 test.1", "audit list --subject things/2": "",
	} {
		if stdout, _ := run(0, line); strings.Join(verbs.FindAllString(stdout, -1), " ") != want {
			t.Errorf("infinity %s: %s, want %s", line, stdout, want)
		}
	}
	first, more := run(0, "audit list --limit 2")
	cursor := strings.TrimSpace(strings.TrimPrefix(more, "more: "))
	second, _ := run(0, "audit list --limit 2 "+cursor)
	if got := strings.Join(verbs.FindAllString(first+second, -1), " "); got != "test.4 test.3 test.2 test.1" {
		t.Errorf("two pages show %s", got)
	}
	if _, message := run(1, "executions"); !strings.Contains(message, "not running here") {
		t.Errorf("what needs the platform: %q", message)
	}
}
