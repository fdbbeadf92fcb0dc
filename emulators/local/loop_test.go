package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/local"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// TestF18LoopOnTheWholePlatform lets two policies answer comments with
// comments. GitHub tells of each; one policy answers its own three times, the
// other never.
func TestF18LoopOnTheWholePlatform(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"policies/loop.yaml": `policies:
  - name: echo
    on: com.github.issue_comment.created
    do: {action: github.issue.comment, with: {body: "You said ${event.comment.id}."}}
    capability: error-recovery
    autonomy: L5
    own_events: true
  - name: polite
    on: com.github.issue_comment.created
    do: {action: github.issue.comment, with: {body: "Thank you for ${event.comment.id}."}}
    capability: error-recovery
    autonomy: L5
`,
		"autonomy.yaml": `capabilities:
  error-recovery: {level: L5, actions: [github.issue.*], repositories: ["*/*"]}
authors: {owner: L5, member: L5, collaborator: L5, contributor: L5, none: L5}
`,
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	info, _ := startWith(t, local.Config{Policies: folder, Echo: true})
	if info.PolicyErr != nil {
		t.Fatal(info.PolicyErr)
	}
	trigger(t, info.GitHub, "issue_comment.created")

	var decisions []decision.Decision
	until(t, 40*time.Second, "the loop to end", func() bool {
		decisions = list[decision.Decision](t, info.Endpoint, "/v1/decisions")
		for _, d := range decisions {
			if d.Hop > decision.MaxHop {
				return true
			}
		}
		return false
	})
	quiet(t, info.Endpoint)
	done := map[string]int{}
	for _, x := range list[execution.Execution](t, info.Endpoint, "/v1/executions") {
		if done[x.Policy]++; x.State != execution.Succeeded || x.Hop > decision.MaxHop {
			t.Errorf("%s at hop %d is %s: %s", x.Policy, x.Hop, x.State, x.Reason)
		}
	}
	if done["polite"] != 1 {
		t.Errorf("polite answered %d times", done["polite"])
	}
	// The person's comment, and those after it; each answer is told of once.
	if n := done["echo"]; n < decision.MaxHop+1 || n > 2*(decision.MaxHop+1) {
		t.Errorf("echo answered %d times", n)
	}
	for _, d := range decisions {
		switch own := strings.HasSuffix(d.Author, "[bot]"); {
		case own && (d.Note == "" || d.Cause == "" || d.Hop == 0):
			t.Errorf("an own event: %+v", d)
		case !own && (d.Hop != 0 || d.Note != ""):
			t.Errorf("a person's event: %+v", d)
		}
	}
}
