package github_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	fake "github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// half is how soon after a freeze no request to change something may leave.
const half = 500 * time.Millisecond

// inFlight adds 500 executions: comments (class B), labels that are put on and
// taken off with two requests (A), and workflows that are started (C).
func (b *bubble) inFlight(t *testing.T) {
	t.Helper()
	b.happen(t, "workflow_run.failed")
	workflow, branch, target := path.Base(b.event.Workflow.Path), b.event.Repository.DefaultBranch, b.target
	b.happen(t, "issues.opened")
	var names []string
	for n := range 200 {
		names = append(names, fmt.Sprintf("old-%d", n))
	}
	_, _, err := b.everything(t).Issues.AddLabelsToIssue(t.Context(), b.owner, b.repo, b.event.Issue.Number, names)
	check(t, err)
	b.begun = len(b.Effects())
	for n := range 200 {
		b.add(t, b.wanted(t, "github.issue.comment", issue(b.hub), fmt.Sprintf(`{"body":"comment %d"}`, n)))
		b.add(t, b.wanted(t, "github.issue.label", issue(b.hub), fmt.Sprintf(`{"add":["new-%d"],"remove":["old-%d"]}`, n, n)))
		if n < 100 {
			target.AsOf = fmt.Sprint(n)
			b.add(t, b.wanted(t, "github.workflow.dispatch", target, fmt.Sprintf(`{"workflow":%q,"ref":%q}`, workflow, branch)))
		}
	}
}

// doubled returns the effects that were made twice.
func (b *bubble) doubled() (twice []string) {
	seen := map[string]bool{}
	for _, e := range b.Effects()[b.begun:] {
		of := e.Method + " " + e.Path + " " + e.Key
		if e.Key == "" && strings.HasSuffix(e.Path, "/dispatches") || strings.HasSuffix(e.Path, "/labels") {
			continue // counted as a whole, since they bear no key
		}
		if seen[of] {
			twice = append(twice, of)
		}
		seen[of] = true
	}
	return twice
}

func TestF22FreezeWithin500InFlight(t *testing.T) {
	t.Parallel()
	key() // takes its time, which is not of the bubble
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, fake.Limits{}, 500)
		controls := control.Controls{Store: b.store, Clock: clock.Real{}, Tasks: b}
		b.inFlight(t)
		b.latency(22, 4*time.Second)
		<-time.After(1500 * time.Millisecond)
		_, err := controls.Set(t.Context(), control.Global, "key:test", "GitHub has an incident")
		check(t, err)
		frozen := time.Now()
		<-time.After(3 * time.Minute)
		before := 0
		for _, r := range b.sent() {
			switch {
			case r.changes() && r.at.After(frozen.Add(half)):
				t.Errorf("%s %s left %s after the freeze", r.method, r.path, r.at.Sub(frozen))
			case r.changes():
				before++
			}
		}
		counts := b.states(t)
		t.Logf("%d changing requests before the freeze; then %v", before, counts)
		if before < 50 || before > 650 {
			t.Errorf("%d requests left before the freeze: it shows nothing", before)
		}
		if counts["held"] < 50 || counts["held"] != counts[execution.Ready] || counts["held"]+counts[execution.Succeeded] != 500 {
			t.Errorf("three minutes after the freeze: %v", counts)
		}
		lifted := time.Now()
		check(t, controls.Lift(t.Context(), control.Global, "key:test"))
		b.tasks.Wait()
		if counts := b.states(t); counts[execution.Succeeded] != 500 {
			t.Errorf("after the freeze was lifted: %v", counts)
		}
		if calls := b.sent(); calls[len(calls)-1].at.Sub(lifted) > 30*time.Second {
			t.Errorf("the last request left %s after the freeze was lifted", calls[len(calls)-1].at.Sub(lifted))
		}
		if n := len(b.Effects()) - b.begun; n != 200+2*200+100 {
			t.Errorf("%d effects, want 700", n)
		}
		if twice := b.doubled(); twice != nil {
			t.Errorf("made twice: %v", twice)
		}
	})
}

// unreadable fails all transactions that read a freeze, from some time on.
type unreadable struct {
	store.Store
	from atomic.Pointer[time.Time]
}

func (u *unreadable) Run(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return u.Store.Run(ctx, func(ctx context.Context, tx store.Tx) error { return fn(ctx, unreadableTx{tx, u}) })
}

type unreadableTx struct {
	store.Tx
	of *unreadable
}

func (tx unreadableTx) Get(ctx context.Context, key store.Key) (store.Document, error) {
	if from := tx.of.from.Load(); key.Collection == control.Collection && from != nil && time.Now().After(*from) {
		return store.Document{}, errors.New("the store cannot be read")
	}
	return tx.Tx.Get(ctx, key)
}

// Whether it is frozen cannot be read: then nothing leaves.
func TestF22UnreadableIsFrozen(t *testing.T) {
	t.Parallel()
	key() // takes its time, which is not of the bubble
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, fake.Limits{}, 10)
		broken := &unreadable{Store: b.store}
		b.machine = execution.NewMachine(execution.Deps{
			Store: broken, Clock: clock.Real{}, Gates: []execution.Gate{control.Gate}, Holds: []execution.Gate{control.Gate},
			UndoGates: []execution.Gate{control.UndoGate}, Brakes: control.Brakes{},
		})
		b.runner.Machine = b.machine
		b.happen(t, "issues.opened")
		b.begun = len(b.Effects())
		b.takes(time.Second)
		x := b.wanted(t, "github.issue.comment", issue(b.hub), `{"body":"hello"}`)
		from := time.Now().Add(half) // after the claim, before the comment
		broken.from.Store(&from)
		b.add(t, x)
		<-time.After(5 * time.Minute)
		now, err := b.machine.Get(t.Context(), x.ID)
		check(t, err)
		if n := len(b.Effects()) - b.begun; n != 0 || !now.Held || now.Intent != 0 || now.State != execution.Ready {
			t.Errorf("%d effects while the freezes cannot be read; it is %s, held: %t, intent %d", n, now.State, now.Held, now.Intent)
		}
		broken.from.Store(nil)
		b.tasks.Wait()
		now, err = b.machine.Get(t.Context(), x.ID)
		check(t, err)
		if n := len(b.Effects()) - b.begun; n != 1 || now.State != execution.Succeeded || now.Attempt != 1 {
			t.Errorf("%d effects; it is %s (%s) after %d attempts", n, now.State, now.Reason, now.Attempt)
		}
	})
}

// An undo that a freeze holds up goes on as soon as it is lifted.
func TestF22UndoGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	key() // takes its time, which is not of the bubble
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, fake.Limits{}, 10)
		controls := control.Controls{Store: b.store, Clock: clock.Real{}, Tasks: b}
		b.happen(t, "issues.opened")
		x := b.wanted(t, "github.issue.label", issue(b.hub), `{"add":["fresh"]}`)
		b.add(t, x)
		b.tasks.Wait()
		b.takes(2 * time.Second)
		_, err := b.machine.Revert(t.Context(), x.ID, "key:test", "wrong")
		check(t, err)
		b.begun = len(b.Effects())
		now, err := b.machine.Get(t.Context(), x.ID)
		check(t, err)
		_, err = controls.Set(t.Context(), control.Global, "key:test", "stop")
		check(t, err)
		check(t, execution.Enqueue(t.Context(), b, now, time.Now()))
		<-time.After(5*time.Minute + 20*time.Second)
		now, err = b.machine.Get(t.Context(), x.ID)
		check(t, err)
		if len(b.Effects()) != b.begun || now.State != execution.Reverting || !now.Held || now.Undo.Tries != 0 || !strings.Contains(now.Reason, "undoing waits: frozen (global)") {
			t.Errorf("while it is frozen: %s, held: %t, %s, %+v", now.State, now.Held, now.Reason, now.Undo)
		}
		lifted := time.Now()
		check(t, controls.Lift(t.Context(), control.Global, "key:test"))
		b.tasks.Wait()
		now, err = b.machine.Get(t.Context(), x.ID)
		check(t, err)
		if now.State != execution.Reverted || now.UpdatedAt.Sub(lifted) > 5*time.Second {
			t.Errorf("it is %s %s after the freeze was lifted", now.State, now.UpdatedAt.Sub(lifted))
		}
	})
}
