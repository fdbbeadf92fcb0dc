package functions_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/functions"
)

func TestManifestNamesTheFolders(t *testing.T) {
	t.Parallel()
	m, err := functions.Load()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	if diff := cmp.Diff(m.Names(), folders); diff != "" {
		t.Errorf("functions.yaml (-) and folders (+) differ:\n%s", diff)
	}
}

func TestParseNamesEveryMistake(t *testing.T) {
	t.Parallel()
	const good = `
functions:
  a: {summary: s, platform: run, trigger: {queue: q}, memory: 1Mi, concurrency: 1, timeout: 1s}
topics: {t: {}}
queues: {q: {}}
`
	if _, err := functions.Parse([]byte(good)); err != nil {
		t.Fatalf("the good manifest is refused: %v", err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown platform":  {"platform: run", "platform: moon", "neither run nor functions"},
		"two triggers":      {"{queue: q}", "{queue: q, http: /}", "exactly one trigger"},
		"no such queue":     {"{queue: q}", "{queue: z}", "which is no queue"},
		"no such topic":     {"memory: 1Mi", "memory: 1Mi, publishes: [z]", "which is no topic"},
		"no summary":        {"summary: s", "summary: ''", "are needed"},
		"unknown field":     {"summary: s", "overview: s", "overview"},
		"not a duration":    {"timeout: 1s", "timeout: soon", "soon"},
		"unknown enqueue":   {"memory: 1Mi", "memory: 1Mi, enqueues: [z]", "which is no queue"},
		"no such subscript": {"{queue: q}", "{subscription: z}", "which is no subscription"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := functions.Parse([]byte(strings.Replace(good, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}
