package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	infinity "github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
)

// TestBulletin: each question and page is one line, however often it changes,
// and a flood is five lines and where the rest is.
func TestBulletin(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c := clock.NewVirtual(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
	b := infinity.NewBulletin(&out, c)
	due := c.Now().Add(5 * time.Minute)
	q := func(n int, category string) approval.Approval {
		id := fmt.Sprintf("%010dxyz", n)
		return approval.Approval{ID: id + "-1", ExecutionID: id, Category: category, Action: "github.issue.close", Resource: "o/r issue\x1b 1", Policy: "p", DueAt: &due}
	}
	p := page.Page{ID: "p1", Severity: page.Critical, Summary: "It broke.", RaisedAt: c.Now()}
	for range 3 {
		infinity.Asked(b, q(1, "Alert"))
		infinity.Asked(b, q(2, "Manual"))
		infinity.Paged(b, p)
		p.Count++ // folded
	}
	for n := range 20 {
		infinity.Asked(b, q(10+n, "Alert"))
	}
	c.Advance(10 * time.Second)
	p.RaisedAt = c.Now()
	infinity.Paged(b, p)
	alert := func(n int) string {
		id := fmt.Sprintf("%010d", n)
		return "Runs at " + due.Local().Format("15:04:05") + " unless vetoed: github.issue.close on o/r issue· 1 (policy p); `infinity approve " + id + "` or `infinity veto " + id + " --reason …`"
	}
	broke := "Page (critical): It broke. `infinity pages` says what to do."
	want := []string{
		alert(1),
		"Waits until " + due.Local().Format("2 Jan 15:04:05") + ": github.issue.close on o/r issue· 1 (policy p); `infinity approve 0000000002` or `infinity veto 0000000002 --reason …`",
		broke, alert(10), alert(11),
		"More waits than is shown here: `infinity approvals`, `infinity pages`",
		broke, "",
	}
	if diff := cmp.Diff(want, strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
