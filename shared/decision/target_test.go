package decision_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
)

func recorded(t *testing.T, p payloads.Payload) event.Event {
	t.Helper()
	hook, err := github.Parse(p.Event, p.Body)
	if err != nil {
		t.Fatal(err)
	}
	ev := event.Event{ID: p.Name(), Time: start, Digest: "digest", Data: p.Body}
	hook.Fill(&ev)
	return ev
}

func all(kinds ...string) string {
	var b strings.Builder
	for _, kind := range kinds {
		name := "fake." + kind
		if kind == "issue" {
			name = "fake.final"
		}
		b.WriteString("  - {name: " + strings.ReplaceAll(kind, "_", "-") + ", on: com.github.*, do: " + name + ", capability: error-recovery, autonomy: L1}\n")
	}
	return b.String()
}

// Over every recorded payload: each kind of target is named exactly by the
// events that carry it, and what is named is whole.
func TestTargetsOfRecordedPayloads(t *testing.T) {
	t.Parallel()
	list, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, all("issue", "pull_request", "workflow_run", "commit", "repository"))
	named := map[string]map[string]bool{}
	for _, p := range list {
		ev := recorded(t, p)
		d := r.decide(t, ev)
		for _, proposal := range d.Proposals {
			if proposal.ExecutionID == "" {
				continue
			}
			x := r.execution(t, proposal.ExecutionID)
			kind := x.Target.Kind
			if named[kind] == nil {
				named[kind] = map[string]bool{}
			}
			named[kind][p.Event] = true
			if x.Target.Repository == "" || (kind != "repository" && x.Target.ID == "") || x.Target.AsOf == "" {
				t.Errorf("%s: target %+v is not whole", p.Name(), x.Target)
			}
			if kind == "commit" && len(x.Target.ID) != 40 {
				t.Errorf("%s: commit %q", p.Name(), x.Target.ID)
			}
		}
	}
	for kind, events := range map[string]string{
		"issue":        "issues issue_comment pull_request pull_request_review pull_request_review_comment",
		"pull_request": "pull_request pull_request_review pull_request_review_comment",
		"workflow_run": "workflow_run workflow_job",
		"commit":       "push status check_run check_suite workflow_run pull_request deployment",
		"repository":   "push issues release star",
	} {
		for name := range strings.SplitSeq(events, " ") {
			if !named[kind][name] {
				t.Errorf("no %s event names a %s", name, kind)
			}
		}
	}
	for kind, events := range map[string]string{"issue": "push star", "pull_request": "push star", "workflow_run": "push issues", "commit": "issues star"} {
		for name := range strings.SplitSeq(events, " ") {
			if named[kind][name] {
				t.Errorf("a %s event names a %s", name, kind)
			}
		}
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	const head = `"repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"ann"}`
	const sha = "1111111111111111111111111111111111111111"
	zero := strings.Repeat("0", 40)
	for name, c := range map[string]struct {
		kind, typ, body string
		want            action.Target // ID, SHA, AsOf; no ID: no target
	}{
		"an issue":                   {"issue", "issues.opened", `"issue":{"number":12,"updated_at":"u"}`, action.Target{ID: "12", AsOf: "u"}},
		"a pull request is an issue": {"issue", "pull_request.opened", `"pull_request":{"number":3,"updated_at":"u","head":{"sha":"s"}}`, action.Target{ID: "3", SHA: "s", AsOf: "u"}},
		"a comment on a pull":        {"pull_request", "issue_comment.created", `"issue":{"number":3,"updated_at":"u","pull_request":{"url":"x"}}`, action.Target{ID: "3", AsOf: "u"}},
		"a comment on an issue":      {"pull_request", "issue_comment.created", `"issue":{"number":3}`, action.Target{}},
		"the pull of a check":        {"pull_request", "check_run.completed", `"check_run":{"head_sha":"s","completed_at":"u","pull_requests":[{"number":4}]}`, action.Target{ID: "4", SHA: "s", AsOf: "u"}},
		"a check of a fork":          {"pull_request", "check_run.completed", `"check_run":{"head_sha":"s","pull_requests":[]}`, action.Target{}},
		"a big run id":               {"workflow_run", "workflow_run.completed", `"workflow_run":{"id":9007199254740993,"run_attempt":2,"head_sha":"s"}`, action.Target{ID: "9007199254740993", SHA: "s", AsOf: "2"}},
		"a job's run":                {"workflow_run", "workflow_job.completed", `"workflow_job":{"run_id":8,"run_attempt":1,"head_sha":"s"}`, action.Target{ID: "8", SHA: "s", AsOf: "1"}},
		"a push":                     {"commit", "push", `"after":"` + sha + `"`, action.Target{ID: sha, AsOf: sha}},
		"a deleted branch":           {"commit", "push", `"after":"` + zero + `"`, action.Target{}},
		"no version":                 {"issue", "issues.opened", `"issue":{"number":12}`, action.Target{ID: "12", AsOf: "digest"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, all(c.kind))
			d := r.decide(t, event.Event{
				ID: "1", Source: "https://github.com/octo/hello", Type: "com.github." + c.typ, Time: start, Digest: "digest",
				Repository: "octo/hello", RepositoryID: 1, InstallationID: 7, Data: []byte("{" + c.body + "," + head + "}"),
			})
			if len(d.Proposals) != 1 {
				t.Fatalf("proposals %+v", d.Proposals)
			}
			if c.want.ID == "" {
				if id := d.Proposals[0].ExecutionID; id != "" {
					t.Errorf("it names %+v, want nothing", r.execution(t, id).Target)
				}
				return
			}
			c.want.InstallationID, c.want.RepositoryID, c.want.Repository, c.want.Kind, c.want.Author = 7, 1, "octo/hello", c.kind, "ann"
			if d.Proposals[0].ExecutionID == "" {
				t.Fatal(d.Proposals[0].Note)
			}
			if diff := cmp.Diff(c.want, r.execution(t, d.Proposals[0].ExecutionID).Target); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoRepositoryNoTarget(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L5", ""))
	ev := opened("1")
	ev.Repository = ""
	ev.Data = bytes.Clone(ev.Data)
	if d := r.decide(t, ev); d.Proposals[0].ExecutionID != "" || !strings.Contains(d.Proposals[0].Note, "no repository") {
		t.Errorf("proposals %+v", d.Proposals)
	}
}
