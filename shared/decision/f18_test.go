package decision_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// us is the App of these tests.
var us = decision.App{ID: 4711, Slug: "infinity-matrix"}

// everything are policies that answer nearly all that GitHub tells.
const everything = `
  - {name: on-issues, on: [com.github.issues.*, com.github.issue_comment.*], do: fake.undoable, capability: error-recovery, autonomy: L5%[1]s}
  - {name: on-pulls, on: [com.github.pull_request.*, com.github.pull_request_review.*], do: fake.pull_request, capability: error-recovery, autonomy: L5%[1]s}
  - {name: on-runs, on: com.github.workflow_run.*, do: fake.workflow_run, capability: error-recovery, autonomy: L5%[1]s}
  - {name: on-checks, on: [com.github.check_run.*, com.github.check_suite.*, com.github.push], do: fake.commit, capability: error-recovery, autonomy: L5%[1]s}
  - {name: on-releases, on: [com.github.release.*, com.github.create, com.github.label.*], do: fake.repository, capability: error-recovery, autonomy: L5%[1]s}
`

// occurred is the n-th occurrence of a recorded payload, caused by sender; ""
// is who caused the recorded one.
func occurred(t *testing.T, p payloads.Payload, n int, sender string) event.Event {
	t.Helper()
	if sender != "" {
		p.Body = changed(t, p.Body, "sender.login", sender)
	}
	body := append([]byte(fmt.Sprintf(`{"nonce":%d,`, n)), p.Body[1:]...)
	hook, err := github.Parse(p.Event, body)
	if err != nil {
		t.Fatalf("%s: %v", p.Name(), err)
	}
	sum := sha256.Sum256(body)
	e := event.Event{ID: fmt.Sprintf("%s-%d", p.Name(), n), Time: start, Digest: hex.EncodeToString(sum[:]), Data: body}
	hook.Fill(&e)
	return e
}

// changed returns body with another value at a dotted path of objects.
func changed(t *testing.T, body []byte, path string, value any) []byte {
	t.Helper()
	doc := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	at, names := doc, strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		below, ok := at[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			at[name] = below
		}
		at = below
	}
	at[names[len(names)-1]] = value
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestF18OwnEventsAreNotAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, fmt.Sprintf(everything, ""))
	r.deps.App = us
	r.engine = decision.NewEngine(r.deps)
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	// A stranger's event of each kind shows that the policies would answer.
	answered := map[string]bool{}
	for i, p := range all {
		if d := r.decide(t, occurred(t, p, i, "ann")); d.Matched > 0 {
			answered[p.Event+"."+p.Action] = true
		}
	}
	if len(answered) < 50 {
		t.Fatalf("the policies answer %d kinds of events only", len(answered))
	}
	before := r.all(t, execution.Collection)
	ours := slices.Clone(all)
	for i := range ours {
		ours[i].Body = changed(t, ours[i].Body, "sender.login", "Infinity-Matrix[bot]")
	}
	const own = 10_000
	quiet := 0
	for n := range own {
		p := ours[n%len(ours)]
		d := r.decide(t, occurred(t, p, len(ours)+n, ""))
		if d.Matched > 0 || len(d.Proposals) > 0 || d.Category != decision.Observe || d.Note == "" || d.Hop > decision.MaxHop {
			t.Fatalf("%s: %+v", p.Name(), d)
		}
		if answered[p.Event+"."+p.Action] && len(d.Unanswered) > 0 {
			quiet++
		}
	}
	if after := r.all(t, execution.Collection); after != before {
		t.Errorf("own events made %d executions", after-before)
	}
	if quiet < 1000 {
		t.Errorf("of %d own events %d only say which policies would have answered", own, quiet)
	}
}

// The App's own checks are told of with whoever pushed the commit as sender.
func TestF18OwnEventsAreKnown(t *testing.T) {
	t.Parallel()
	policies := fmt.Sprintf(everything, "") + one("on-opened", "fake.final", "L5", "")
	for name, c := range map[string]struct {
		event, action, path string
		value               any
		own                 bool
	}{
		"our bot":                  {"issues", "opened", "sender.login", "infinity-matrix[bot]", true},
		"a person of that name":    {"issues", "opened", "sender.login", "infinity-matrix", false},
		"another bot":              {"issues", "opened", "sender.login", "dependabot[bot]", false},
		"our check":                {"check_run", "completed", "check_run.app.id", us.ID, true},
		"another's check":          {"check_run", "completed", "check_run.app.id", us.ID + 1, false},
		"our check, asked for":     {"check_run", "rerequested", "check_run.app.id", us.ID, false},
		"our suite":                {"check_suite", "completed", "check_suite.app.id", us.ID, true},
		"a comment through us":     {"issue_comment", "created", "comment.performed_via_github_app.id", us.ID, true},
		"our comment, edited":      {"issue_comment", "edited", "comment.performed_via_github_app.id", us.ID, false},
		"no App at all":            {"issue_comment", "created", "comment.performed_via_github_app", nil, false},
		"a run that we made again": {"workflow_run", "completed", "workflow_run.triggering_actor.login", "infinity-matrix[bot]", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, policies)
			r.deps.App = us
			p, err := payloads.Find(c.event, c.action)
			if err != nil {
				t.Fatal(err)
			}
			ev := occurred(t, p, 1, "ann")
			ev.Data = changed(t, ev.Data, c.path, c.value)
			d, err := decision.NewEngine(r.deps).Decide(t.Context(), ev)
			if err != nil {
				t.Fatal(err)
			}
			if own := d.Note != ""; own != c.own || (d.Matched == 0) != c.own {
				t.Errorf("own: %t, matched %d, want own: %t (%s)", own, d.Matched, c.own, d.Note)
			}
		})
	}
}

// A policy that answers own events, and whose effect is such an event, ends.
func TestF18HopsAreBounded(t *testing.T) {
	t.Parallel()
	const again = `  - {name: again, on: "com.github.issues.*", when: meta.hop < 100, do: fake.undoable, capability: error-recovery, autonomy: L5, own_events: true}` + "\n"
	r := newRig(t, again)
	r.deps.App = us
	r.engine = decision.NewEngine(r.deps)
	for n := range 50 {
		number := fmt.Sprint(100 + n)
		var hops []int
		ev := issue("person-"+number, number, "")
		for try := range 10 {
			d := r.decide(t, ev)
			if d.Matched == 0 {
				if try != 4 || !strings.Contains(d.Note, "4 of the platform's own effects in a row") || d.Cause == "" {
					t.Fatalf("issue %s ended with %q, cause %q", number, d.Note, d.Cause)
				}
				break
			}
			x := r.execution(t, d.Proposals[0].ExecutionID)
			hops = append(hops, x.Hop)
			r.clock.Advance(time.Second)
			r.began(t, x)
			ev = ownIssue(fmt.Sprintf("own-%s-%d", number, try), number, try)
		}
		if diff := cmp.Diff([]int{0, 1, 2, 3}, hops); diff != "" {
			t.Fatalf("hops of issue %s (-want +got):\n%s", number, diff)
		}
	}
}

// What an own event comes from is known by its resource, else by the most that
// happened in the repository; without either no policy answers it.
func TestF18Cause(t *testing.T) {
	t.Parallel()
	r := newRig(t, `  - {name: again, on: "com.github.issues.*", do: fake.undoable, capability: error-recovery, autonomy: L5, own_events: true}`+"\n")
	r.deps.App = us
	r.engine = decision.NewEngine(r.deps)
	if d := r.decide(t, ownIssue("unknown", "1", 0)); d.Matched != 0 || !strings.Contains(d.Note, "not known") {
		t.Errorf("without a cause: %+v", d)
	}
	begun := func(id, resource string, hop, intent int) {
		r.clock.Advance(time.Second)
		r.began(t, execution.Execution{ID: id, Repository: "octo/hello", Resource: resource, Hop: hop, Intent: intent, State: execution.Succeeded})
	}
	begun("far", "octo/hello issue 8", 2, 1)
	begun("near", "octo/hello issue 2", 0, 1)
	begun("planned", "octo/hello issue 2", 1, -1) // no effect was intended
	if d := r.decide(t, ownIssue("near", "2", 0)); d.Hop != 1 || d.Cause != "near" || d.Matched != 1 {
		t.Errorf("by its resource: hop %d, cause %q, matched %d", d.Hop, d.Cause, d.Matched)
	}
	if d := r.decide(t, ownIssue("elsewhere", "3", 0)); d.Hop != 3 || d.Cause != "far" || d.Matched != 1 {
		t.Errorf("by the repository: hop %d, cause %q, matched %d", d.Hop, d.Cause, d.Matched)
	}
	r.clock.Advance(2 * time.Hour)
	if d := r.decide(t, ownIssue("late", "2", 1)); d.Matched != 0 || d.Cause != "" {
		t.Errorf("two hours later: %+v", d)
	}
	// A replay decides alike: the hop is on record.
	id := r.decide(t, ownIssue("elsewhere", "3", 0)).EventID
	if d, err := r.engine.Replay(t.Context(), id); err != nil || d.Hop != 3 {
		t.Errorf("replay: hop %d, %v", d.Hop, err)
	}
}

// Telling people what waits (Tells) leads to no decision, and is the cause of
// nothing but comments.
func TestF18TellingIsNotAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, `  - {name: again, on: ["com.github.issues.*", "com.github.issue_comment.*"], do: fake.undoable, capability: error-recovery, autonomy: L5, own_events: true}`+"\n")
	r.deps.App = us
	r.engine = decision.NewEngine(r.deps)
	for i, x := range []execution.Execution{{ID: "near"}, {ID: "tells", Tells: "near-1", Hop: decision.MaxHop}} {
		r.clock.Advance(time.Second)
		x.Repository, x.Resource, x.Intent, x.State = "octo/hello", "octo/hello issue 2", 1, execution.Succeeded
		r.began(t, x)
		ev := ownIssue("effect", "2", i)
		if d := r.decide(t, ev); d.Hop != 1 || d.Cause != "near" || d.Matched != 1 {
			t.Errorf("the effect: hop %d, cause %q, matched %d", d.Hop, d.Cause, d.Matched)
		}
	}
	ev := ownIssue("comment", "2", 2)
	ev.Type = "com.github.issue_comment.created"
	if d := r.decide(t, ev); d.Hop <= decision.MaxHop || d.Cause != "tells" || d.Matched != 0 {
		t.Errorf("the telling: hop %d, cause %q, matched %d", d.Hop, d.Cause, d.Matched)
	}
}

// ownIssue is an event that the App's bot caused.
func ownIssue(id, number string, n int) event.Event {
	ev := issue(id, number, fmt.Sprintf(`,"n":%d`, n))
	ev.Data = json.RawMessage(strings.NewReplacer(`"login":"ann"`, `"login":"infinity-matrix[bot]"`, "11:59:00", fmt.Sprintf("12:%02d:00", n)).Replace(string(ev.Data)))
	sum := sha256.Sum256(ev.Data)
	ev.Digest = hex.EncodeToString(sum[:])
	return ev
}

// began stores x as one whose effect was begun now; an intent below 0 is none.
func (r *rig) began(t *testing.T, x execution.Execution) {
	t.Helper()
	now := r.clock.Now()
	x.StartedAt = &now
	if x.Intent = max(x.Intent+1, 0); x.Intent > 0 {
		x.Intent = 1
	}
	r.put(t, execution.Collection, x.ID, x)
}

// all counts a collection's documents, also beyond one page.
func (r *rig) all(t *testing.T, collection string) (n int) {
	t.Helper()
	for q := (store.Query{Collection: collection, Limit: store.MaxPage}); ; {
		page, err := r.store.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if n += len(page.Documents); page.Next == "" {
			return n
		}
		q.Cursor = page.Next
	}
}
