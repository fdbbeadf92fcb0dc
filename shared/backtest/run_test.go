package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// TestChanges holds one change of each kind against what is said of it.
func TestChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := r.engine(
		label("gone", "event.issue.number == 1", "a", "L5", "") +
			label("level", "event.issue.number == 2", "b", "L5", "") +
			label("args", "event.issue.number == 3", "c", "L5", "") +
			label("same", "event.issue.number == 3", "d", "L5", "") +
			label("failing", "event.issue.number == 1", "e", "L5", "") +
			label("mended", "event.issue.number + event.issue.comments == 2", "f", "L5", ""))
	after := r.engine(
		label("level", "event.issue.number == 2", "b", "L3", "") +
			label("args", "event.issue.number == 3", "c, cc", "L5", "") +
			label("same", "event.issue.number == 3", "d", "L5", "") +
			label("new", "event.issue.number >= 2", "g", "L1", "") +
			label("failing", "event.issue.number + event.issue.comments == 2", "e", "L5", "") +
			label("mended", "event.issue.number == 1", "f", "L5", ""))
	for n := range 4 {
		r.decide(before, r.issue(n+1, "t"))
	}
	report := r.run(after, nil)
	if report.Events != 4 || report.Changed != 4 || report.Same() {
		t.Errorf("%d events, %d changed; want 4 and 4", report.Events, report.Changed)
	}
	kinds := func(k backtest.Kind, n int) map[backtest.Kind]int { return map[backtest.Kind]int{k: n} }
	for _, want := range []backtest.PolicyReport{
		{Policy: "gone", Then: 1, Changes: kinds(backtest.Gone, 1)},
		{Policy: "level", Then: 1, Now: 1, Asks: 1, Changes: kinds(backtest.Level, 1)},
		{Policy: "args", Then: 1, Now: 1, Runs: 1, Changes: kinds(backtest.Action, 1)},
		{Policy: "same", Then: 1, Now: 1, Runs: 1},
		{Policy: "new", Now: 3, Records: 3, Changes: kinds(backtest.New, 3)},
		{Policy: "failing", Then: 1, Changes: kinds(backtest.Failing, 4)},
		{Policy: "mended", Now: 1, Runs: 1, Changes: kinds(backtest.Mended, 4)},
	} {
		if diff := cmp.Diff(want, of(report, want.Policy)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Policy, diff)
		}
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.decide(r.engine(label("p", "true", "a", "L3", "")), r.issue(1, "t"))
	r.decide(r.engine(label("p", "true", "a", "L3", "")), r.issue(2, "t"))
	report := r.run(r.engine(label("p", "true", "a", "L5", "")), func(_ *backtest.Deps, q *backtest.Request) { q.Examples = 1 })
	want := []backtest.Example{{
		Event: d.EventID, Type: "com.github.issues.opened", Resource: "octo/hello issue 1", Kind: backtest.Level,
		Then: `L3 Manual github.issue.label {"add":["a"]}`, Now: `L5 Automatic github.issue.label {"add":["a"]}`,
	}}
	if diff := cmp.Diff(want, report.Policies[0].Examples); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSamePoliciesChangeNothing runs the default policies over every recorded
// payload, twice delivered, against their own decisions.
func TestSamePoliciesChangeNothing(t *testing.T) {
	t.Parallel()
	list, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	set, err := policy.Load(os.DirFS("../../.infinity"), r.actions)
	if err != nil {
		t.Fatal(err)
	}
	e := r.engineOf(set)
	for _, suffix := range []string{"", " again"} {
		for _, p := range list {
			hook, err := github.Parse(p.Event, p.Body)
			if err != nil {
				t.Fatal(err)
			}
			ev := event.Event{ID: p.Name() + suffix, Source: "https://github.com", Time: r.clock.Now(), Digest: "digest-" + strings.NewReplacer("#", "-", "/", "-").Replace(p.Name()), Data: p.Body}
			hook.Fill(&ev)
			r.decide(e, ev)
		}
	}
	one := r.run(e, nil)
	if !one.Same() || one.Events+one.Duplicates != 2*len(list) || one.Duplicates < len(list) || len(one.Policies) < 3 {
		t.Errorf("%d changed of %d events and %d duplicates (%d payloads), %d policies", one.Changed, one.Events, one.Duplicates, len(list), len(one.Policies))
	}
	several := r.run(e, func(d *backtest.Deps, _ *backtest.Request) { d.Workers = 4 })
	if diff := cmp.Diff(one, several); diff != "" {
		t.Errorf("four workers report another than one:\n%s", diff)
	}
}

// TestWhichEvents tells the request's bounds, and what is left out.
func TestWhichEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := r.engine(label("p", "true", "a", "L5", "") + label("q", "true", "b", "L5", ""))
	var last event.Event
	for n := range 5 {
		last = r.issue(n+1, "t")
		r.decide(e, last)
	}
	last.ID = "another delivery"
	r.decide(e, last)
	if err := r.blobs.Delete(t.Context(), "events/2026-03-01/"+r.issue(1, "t").Digest+".json"); err != nil {
		t.Fatal(err)
	}
	none := r.engineOf(nil)
	for name, c := range map[string]struct {
		change                         func(*backtest.Request)
		events, gone, double, policies int
	}{
		"all":         {func(*backtest.Request) {}, 4, 1, 1, 2},
		"newest two":  {func(q *backtest.Request) { q.Limit = 2 }, 1, 0, 1, 2},
		"newest many": {func(q *backtest.Request) { q.Limit = 100 }, 4, 1, 1, 2},
		"since":       {func(q *backtest.Request) { q.Since = start.Add(2 * time.Minute) }, 3, 0, 1, 2},
		"until":       {func(q *backtest.Request) { q.Until = start.Add(2 * time.Minute) }, 1, 1, 0, 2},
		"one policy":  {func(q *backtest.Request) { q.Policy = "q" }, 4, 1, 1, 1},
	} {
		report := r.run(none, func(_ *backtest.Deps, q *backtest.Request) { c.change(q) })
		if report.Events != c.events || report.BodiesGone != c.gone || report.Duplicates != c.double || len(report.Policies) != c.policies {
			t.Errorf("%s: %+v, want %d events, %d without body, %d duplicates, %d policies", name, report, c.events, c.gone, c.double, c.policies)
		}
		if report.Changed != c.events || !strings.Contains(report.Note, "no policies are in force") {
			t.Errorf("%s: without policies %d of %d changed; note %q", name, report.Changed, report.Events, report.Note)
		}
	}
}

// TestOneEvent decides one event as if it came now.
func TestOneEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := r.engine(label("p", "true", "a", "L5", "") + label("q", "true", "b", "L1", ""))
	d := r.decide(e, r.issue(1, "t"))
	other := r.decide(e, r.issue(1, "u")) // wants the same effects
	ask := func(_ context.Context, x execution.Execution) (string, error) { return "frozen: " + x.Policy, nil }
	one := func(id string) backtest.Report {
		return r.run(e, func(deps *backtest.Deps, q *backtest.Request) { deps.Ask, q.Event = ask, id })
	}
	report := one(d.EventID)
	var got []string
	for _, p := range report.Policies {
		got = append(got, fmt.Sprint(p.Policy, " ", p.Examples[0].Kind, p.Refused, p.Examples[0].Refused))
	}
	if diff := cmp.Diff([]string{"p 1frozen: p", "q 0"}, got); diff != "" || !report.Same() {
		t.Errorf("%d changed (-want +got):\n%s", report.Changed, diff)
	}
	if p := of(one(other.EventID), "p"); p.Doubled != 1 || p.Refused != 0 {
		t.Errorf("an event whose effect is made: %+v, want doubled", p)
	}
	again := r.issue(1, "t")
	again.ID = "another delivery"
	r.decide(e, again)
	list, _, err := store.List[decision.Delivery](t.Context(), r.store, store.Query{Collection: decision.Deliveries, OrderBy: "received_at", Desc: true, Limit: 1})
	if err != nil || list[0].DuplicateOf == "" {
		t.Fatalf("%+v, %v; want a duplicate", list, err)
	}
	if report := one(list[0].ID); report.Events != 1 || of(report, "p").Runs != 1 {
		t.Errorf("a duplicate: %+v, want it decided as its first", report)
	}
	_, err = backtest.Run(t.Context(), backtest.Deps{Store: r.store, Engine: e}, backtest.Request{Event: "vnone"}, nil)
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown event: %v", err)
	}
}

func TestItEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := r.engine(label("p", "true", "a", "L5", ""))
	for n := range 450 {
		r.decide(e, r.issue(n+1, "t"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var told []backtest.Progress
	_, err := backtest.Run(ctx, backtest.Deps{Store: r.store, Engine: e}, backtest.Request{Since: start, Until: r.clock.Now()}, func(p backtest.Progress) {
		told = append(told, p)
		cancel()
	})
	if !errors.Is(err, context.Canceled) || len(told) != 1 || told[0].Events != 200 || told[0].Share <= 0.4 || told[0].Share >= 0.5 {
		t.Errorf("%v after %+v; want canceled after 200 events, 44%%", err, told)
	}
}
