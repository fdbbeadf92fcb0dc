package decision_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
)

// TestS13CausesAreAllWhoHadAPart: every author of a pushed commit is a cause,
// also one whom the payload names by an address only.
func TestS13CausesAreAllWhoHadAPart(t *testing.T) {
	t.Parallel()
	r := newRig(t, one("p", "fake.final", "L3", ""))
	for body, want := range map[string][]string{
		`{"commits":[{"id":"1","author":{"username":"bob","email":"bob@example.com"}},{"id":"2","author":{"email":"7+Cy@users.noreply.github.com"}},{"id":"3","author":{"username":"BOB"}}]}`: {"ann", "bob", approval.Address("bob@example.com"), "cy"},
		`{"workflow_run":{"actor":{"login":"dan"},"head_commit":{"author":{"name":"E","email":"eve@example.com"}}}}`:                                                                          {"ann", "dan", approval.Address("Eve@example.com")},
		`{"head_commit":{"author":{"email":"not an address"}},"commits":"none"}`:                                                                                                              {"ann"},
	} {
		e := opened("1")
		var members map[string]any
		if err := json.Unmarshal(e.Data, &members); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			t.Fatal(err)
		}
		members["sender"] = map[string]any{"login": "ann"}
		delete(members["issue"].(map[string]any), "user")
		var err error
		if e.Data, err = json.Marshal(members); err != nil {
			t.Fatal(err)
		}
		draft, err := r.engine.Draft(e, start)
		if err != nil || len(draft.Executions) != 1 {
			t.Fatalf("%s: %+v, %v", body, draft, err)
		}
		if diff := cmp.Diff(want, draft.Executions[0].Causes); diff != "" {
			t.Errorf("%s\n%s", body, diff)
		}
	}
}
