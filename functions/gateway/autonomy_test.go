package gateway_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/gateway"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy/autonomytest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// trusted is autonomy.yaml with a state to set.
type trusted struct {
	autonomytest.Fixed
	until time.Time
	err   error
}

func (t *trusted) Status() (time.Time, error) { return t.until, t.err }

type policies struct{ set *policy.Set }

func (p policies) Current() *policy.Set { return p.set }

// newTrusted is one policy, and what is permitted to everybody.
func newTrusted(t *testing.T) (gateway.Trusted, *trusted) {
	t.Helper()
	actions, err := action.NewRegistry(actiongithub.New(nil)...)
	if err != nil {
		t.Fatal(err)
	}
	text := `policies:
  - {name: again, on: com.github.workflow_run.completed, do: github.workflow.rerun_failed_jobs, capability: error-recovery, autonomy: L4}
`
	files := fstest.MapFS{"policies/p.yaml": {Data: []byte(text)}, autonomy.File: {Data: []byte(`authors: {owner: L5, member: L5, collaborator: L5, contributor: L4, none: L3}
capabilities:
  error-recovery: {level: L4, actions: [github.workflow.*], repositories: [octo/*], limits: {per_repository: 9/1h}}
`)}}
	set, err := policy.Load(files, actions)
	if err != nil {
		t.Fatal(err)
	}
	m, err := autonomy.Load(files, actions)
	if err != nil {
		t.Fatal(err)
	}
	source := &trusted{Fixed: autonomytest.Fixed{Matrix: m}}
	return gateway.Trusted{Policies: policies{set}, Autonomy: source, Reversible: func(string) bool { return false }}, source
}

func readAs[T any](t *testing.T, w *world, path string) T {
	t.Helper()
	res := w.request(auth.Viewer, http.MethodGet, path, "")
	var v T
	if err := json.Unmarshal(res.Body.Bytes(), &v); err != nil || res.Code != http.StatusOK {
		t.Fatalf("%s: %d %s, %v", path, res.Code, res.Body, err)
	}
	return v
}

func TestAutonomyInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := start.Add(-time.Minute)
	for _, id := range []string{"x1", "x2"} {
		w.put(execution.Collection, id, execution.Execution{ID: id, Capability: "error-recovery", Repository: "octo/hello", StartedAt: &at})
	}
	res := w.request(auth.Admin, http.MethodPost, "/v1/freezes", `{"scope":"capability:error-recovery","reason":"x"}`)
	if res.Code != http.StatusOK {
		t.Fatal(res.Code, res.Body)
	}
	answer := readAs[gateway.AutonomyAnswer](t, w, "/v1/autonomy")
	if !answer.InForce || answer.Problem != "" || answer.Until != nil || len(answer.Capabilities) != 10 || answer.Authors["none"] != "L3" {
		t.Errorf("answered %+v", answer)
	}
	for _, c := range answer.Capabilities {
		if c.Name != "error-recovery" {
			if c.Level != "L1" || c.Frozen != "" || len(c.Limits)+len(c.Policies) != 0 {
				t.Errorf("what is not listed: %+v", c)
			}
			continue
		}
		if c.Level != "L4" || c.Frozen != "capability:error-recovery" || len(c.Policies) != 1 ||
			len(c.Limits) != 1 || c.Limits[0] != (autonomy.Use{Limit: "per_repository", Rate: "9/1h", Used: 2, Where: "octo/hello"}) {
			t.Errorf("answered %+v", c)
		}
	}
}

func TestAutonomyThatIsBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trusted.err, w.trusted.until = errors.New("autonomy.yaml:1:1: a slip"), start.Add(time.Minute)
	if a := readAs[gateway.AutonomyAnswer](t, w, "/v1/autonomy"); !a.InForce || a.Until == nil || !strings.Contains(a.Problem, "a slip") {
		t.Errorf("within 15 minutes: %+v", a)
	}
	w.trusted.Matrix, w.trusted.until = nil, time.Time{}
	a := readAs[gateway.AutonomyAnswer](t, w, "/v1/autonomy")
	if a.InForce || a.Until != nil || a.Digest != "" || a.Capabilities[0].Level != "L1" {
		t.Errorf("after that: %+v", a)
	}
	p := readAs[gateway.PolicyAutonomy](t, w, "/v1/autonomy/again")
	if p.Level != "L1" || p.Category != "Record" {
		t.Errorf("a policy after that: %+v", p)
	}
}

func TestAutonomyOfAPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, want := range map[string]string{
		"":                                    "L3 Manual",
		"?author=contributor":                 "L4 Alert",
		"?author=owner":                       "L4 Alert",
		"?author=owner&repository=octo/hello": "L4 Alert",
		"?author=owner&repository=evil/hello": "L1 Record",
	} {
		p := readAs[gateway.PolicyAutonomy](t, w, "/v1/autonomy/again"+query)
		if got := p.Level + " " + p.Category; got != want || len(p.Bounds) < 3 || p.Capability != "error-recovery" {
			t.Errorf("%s: %s of %+v; want %s", query, got, p.Bounds, want)
		}
	}
	for path, want := range map[string]int{"/v1/autonomy/nothing": 404, "/v1/autonomy/again?author=friend": 400} {
		if res := w.request(auth.Viewer, http.MethodGet, path, ""); res.Code != want {
			t.Errorf("%s: %d, want %d", path, res.Code, want)
		}
	}
}
