package github_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// The token dies while 200 executions are at work: it is renewed once, and
// nothing is made twice or lost.
func TestF20TokenDiesMidRun(t *testing.T) {
	t.Parallel()
	key() // takes its time, which is not of the bubble
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		b := newBubble(t, fake.Limits{}, n)
		b.latency(20, 4*time.Second)
		b.comments(t, n)
		<-time.After(2 * time.Second)
		before := len(b.sent())
		b.kill()
		b.tasks.Wait()
		renewals, refused := 0, 0
		for i, r := range b.sent() {
			if i >= before && strings.HasSuffix(r.path, "/access_tokens") {
				renewals++
			}
			if r.status == 0 {
				refused++
			}
		}
		t.Logf("%d calls, %d before the token died; %d met the dead one, %d renewals", len(b.sent()), before, refused, renewals)
		if renewals != 1 || refused < 10 {
			t.Errorf("%d renewals after %d refusals, want 1 after many", renewals, refused)
		}
		if counts := b.states(t); counts[execution.Succeeded] != n {
			t.Errorf("in the end: %v", counts)
		}
		if made := len(b.Effects()) - b.begun; made != n || b.doubled() != nil {
			t.Errorf("%d comments, want %d; made twice: %v", made, n, b.doubled())
		}
	})
}

// A suspended installation is found out by three calls at most, also if its
// token lives; what is to be done there is blocked, and one page says what to do.
func TestF20SuspendedInstallation(t *testing.T) {
	t.Parallel()
	key() // takes its time, which is not of the bubble
	for name, token := range map[string]bool{"a token lives": true, "no token": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { suspended(t, token) })
		})
	}
}

func suspended(t *testing.T, token bool) {
	t.Helper()
	b := newBubble(t, fake.Limits{}, 10)
	b.happen(t, "issues.opened")
	comment := func(text string) execution.Execution {
		return b.wanted(t, "github.issue.comment", issue(b.hub), fmt.Sprintf(`{"body":%q}`, text))
	}
	if token {
		b.add(t, comment("before"))
		b.tasks.Wait()
	}
	set := func(at any) {
		check(t, b.Change(fake.Change{Kind: "installations", ID: b.target.InstallationID, Fields: map[string]any{"suspended_at": at}}))
	}
	set("2026-01-01T00:00:00Z")
	calls, effects := len(b.sent()), len(b.Effects())
	b.add(t, comment("first"))
	b.tasks.Wait()
	if n := len(b.sent()) - calls; n > 3 {
		t.Errorf("the first took %d calls, want 3 at most", n)
	}
	calls = len(b.sent())
	for i := range 20 {
		b.add(t, comment(fmt.Sprint(i)))
	}
	waiting := comment("people are asked")
	waiting.State, waiting.Category, waiting.Window = execution.Waiting, execution.Manual, time.Hour
	b.add(t, waiting)
	b.tasks.Wait()
	if n := len(b.sent()) - calls; n != 0 {
		t.Errorf("the others took %d calls, want none", n)
	}
	if counts := b.states(t); counts[execution.Blocked] != 22 || counts[execution.Failed]+counts[execution.Uncertain]+counts[execution.Waiting] != 0 {
		t.Errorf("the states are %v", counts)
	}
	pages, _, err := store.List[page.Page](t.Context(), b.store, store.Query{Collection: page.Collection})
	check(t, err)
	if len(pages) != 1 || pages[0].Count != 22 || pages[0].Kind != "installation_suspended" || !strings.Contains(pages[0].Do, "unsuspends it") {
		t.Errorf("pages: %+v", pages)
	}
	set(nil)
	<-time.After(6 * time.Minute)
	b.add(t, comment("after"))
	b.tasks.Wait()
	if n := len(b.Effects()) - effects; n != 1 {
		t.Errorf("%d effects after it was unsuspended, want 1", n)
	}
}
