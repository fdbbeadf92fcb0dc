package github_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github"
	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	eventgithub "github.com/InfinityXOneSystems/infinity-matrix/shared/event/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

func parse(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// TestDeliversEveryRecording sends each payload twice: the receiver's own
// check takes it, and no two mean the same.
func TestDeliversEveryRecording(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		d, err := w.Deliver(t.Context(), github.Trigger{Name: p.Name()})
		if err != nil {
			t.Fatalf("%s: %v", p.Name(), err)
		}
		if d.StatusCode != http.StatusAccepted || d.Event != p.Event || d.Action != p.Action {
			t.Errorf("%s: delivered as %+v", p.Name(), d)
		}
		_, body := w.hook.last()
		hook, err := eventgithub.Parse(p.Event, body)
		if err != nil {
			t.Errorf("%s: %v", p.Name(), err)
		}
		if hook.RepositoryID != 0 && hook.InstallationID == 0 {
			t.Errorf("%s: names no installation", p.Name())
		}
	}
	triggers, err := github.Triggers()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range triggers {
		w.deliver(t, name)
	}
}

// TestReadsBackWhatWasDelivered lists, after each event of a repository, all
// that it may have made: checked says whether it is as GitHub describes it.
func TestReadsBackWhatWasDelivered(t *testing.T) {
	t.Parallel()
	triggers, err := github.Triggers()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range triggers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			_, body := w.deliver(t, name)
			repo, _ := body["repository"].(map[string]any)
			installation, _ := body["installation"].(map[string]any)
			if repo == nil || name == "installation.deleted" {
				return
			}
			c := w.as(t, num(installation["id"]), nil)
			for _, path := range []string{
				"", "/issues?state=all", "/pulls?state=all", "/actions/runs", "/actions/workflows", "/releases",
				"/commits/" + repo["default_branch"].(string), "/hooks",
			} {
				req, err := c.NewRequest(http.MethodGet, "repos/"+repo["full_name"].(string)+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := c.Do(t.Context(), req, nil)
				status(t, path, resp, err, http.StatusOK)
			}
		})
	}
}

func TestDeliversANewOccurrence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, name := range []string{"issues.opened", "workflow_run.failed", "push", "pull_request.opened", "check_run.completed", "issue_comment.created", "release.published"} {
		seen := map[string]bool{}
		for range 3 {
			_, body := w.deliver(t, name)
			raw, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			m, err := event.Meaning(event.Event{Type: name}, raw)
			if err != nil {
				t.Fatal(err)
			}
			if seen[m] {
				t.Errorf("%s: two deliveries mean the same", name)
			}
			seen[m] = true
		}
	}
}

func TestDeliversAsGitHubDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	d, _ := w.deliver(t, "workflow_run.failed")
	r, body := w.hook.last()
	mac := hmac.New(sha256.New, []byte("hush"))
	mac.Write(body)
	for name, want := range map[string]string{
		"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": d.ID, "Content-Type": "application/json", "X-GitHub-Hook-ID": "1",
		"X-GitHub-Hook-Installation-Target-Type": "integration", "X-GitHub-Hook-Installation-Target-ID": "7",
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)), "User-Agent": "GitHub-Hookshot/0000000",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	run, _ := parse(t, body)["workflow_run"].(map[string]any)
	if run["conclusion"] != "failure" {
		t.Errorf("conclusion = %v", run["conclusion"])
	}
	if _, err := w.Deliver(t.Context(), github.Trigger{Name: "issues.exploded"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown event: %v", err)
	}
}

// TestOneNameKeepsOneID delivers recordings that know one name under two ids.
func TestOneNameKeepsOneID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var first any
	for _, name := range []string{"workflow_job.queued#5", "workflow_run.completed", "code_scanning_alert.fixed#3"} {
		_, body := w.deliver(t, name)
		repo, ok := body["repository"].(map[string]any)
		if !ok || repo["full_name"] != "Codertocat/Hello-World" {
			t.Fatalf("%s is of %v", name, repo["full_name"])
		}
		if first == nil {
			first = repo["id"]
		}
		if repo["id"] != first {
			t.Errorf("%s has the id %v, the one before had %v", name, repo["id"], first)
		}
	}
}
