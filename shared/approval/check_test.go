package approval_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

const people = `
people:
  ann: {github: [Ann, ann-work], keys: [ann], emails: [ann@example.com]}
  bob: {github: [bob], keys: [bob]}
  eve: {keys: [eve]}
teams: {core: [ann, bob]}
rules:
  - {policies: ["release-*"], by: [ann], count: 2}
  - {repositories: [octo/secret], by: []}
  - {by: [core]}
`

func load(t *testing.T, text string) *approval.Config {
	t.Helper()
	c, err := approval.Load(fstest.MapFS{approval.File: {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func key(name string) approval.Identity   { return approval.Identity{Key: name} }
func login(name string) approval.Identity { return approval.Identity{GitHub: name} }

// TestS13FourEyes: who caused it, in whatever identity, a bot, a service and
// somebody unknown are refused; somebody else is not.
func TestS13FourEyes(t *testing.T) {
	t.Parallel()
	c := load(t, people)
	q := approval.Approval{Policy: "merge", Repository: "octo/hello", Causes: []string{"ann-WORK", "dependabot[bot]"}}
	for name, a := range map[string]struct {
		config *approval.Config
		id     approval.Identity
		verb   approval.Verb
		q      approval.Approval
		person string // "": refused
		needed int
	}{
		"another":                                {c, key("bob"), approval.Approve, q, "bob", 1},
		"another by login":                       {c, login("BOB"), approval.Approve, q, "bob", 1},
		"requester":                              {c, login("ann-work"), approval.Approve, q, "", 0},
		"requester by another login":             {c, login("ann"), approval.Approve, q, "", 0},
		"requester by key":                       {c, key("ann"), approval.Approve, q, "", 0},
		"requester by e-mail":                    {c, approval.Identity{Email: "Ann@Example.com"}, approval.Approve, q, "", 0},
		"requester may veto":                     {c, key("ann"), approval.Reject, q, "ann", 1},
		"bot":                                    {c, approval.Identity{GitHub: "bob", Bot: true}, approval.Approve, q, "", 0},
		"bot may not veto":                       {c, approval.Identity{GitHub: "bob", Bot: true}, approval.Reject, q, "", 0},
		"somebody unknown":                       {c, key("mallory"), approval.Approve, q, "", 0},
		"nobody":                                 {c, approval.Identity{}, approval.Approve, q, "", 0},
		"not in the team":                        {c, key("eve"), approval.Approve, q, "", 0},
		"two people in one":                      {c, approval.Identity{Key: "bob", GitHub: "Ann"}, approval.Approve, approval.Approval{}, "", 0},
		"an empty list permits nobody":           {c, key("bob"), approval.Approve, approval.Approval{Repository: "Octo/Secret"}, "", 0},
		"the first rule decides":                 {c, key("bob"), approval.Approve, approval.Approval{Policy: "release-it"}, "", 0},
		"several":                                {c, key("ann"), approval.Approve, approval.Approval{Policy: "release-it"}, "ann", 2},
		"no file, admin":                         {nil, approval.Identity{Key: "x", Admin: true}, approval.Approve, q, "key:x", 1},
		"no file, editor":                        {nil, key("bob"), approval.Approve, q, "", 0},
		"no file, requester's login":             {nil, approval.Identity{GitHub: "ann-work", Admin: true}, approval.Approve, q, "", 0},
		"no file, an editor may not veto either": {nil, key("bob"), approval.Reject, q, "", 0},
	} {
		person, needed, err := a.config.Check(a.q, approval.Answer{Verb: a.verb, By: "key:" + a.id.Key, Identity: a.id})
		if a.person == "" && !fault.Is(err, fault.Forbidden) || a.person != "" && (err != nil || person != a.person || needed != a.needed) {
			t.Errorf("%s: %q, %d, %v; want %q, %d", name, person, needed, err, a.person, a.needed)
		}
	}
}

// TestS13NumberedAccounts: with its number, an account is known by it, whatever
// its login is by now, and whoever took the login is nobody.
func TestS13NumberedAccounts(t *testing.T) {
	t.Parallel()
	c := load(t, `{people: {ann: {github: ["ann#7"]}}, rules: [{by: [ann]}]}`)
	for name, a := range map[string]struct {
		login, id string
		causes    []string
		passes    bool
	}{
		"as ever":                 {"Ann", "7", nil, true},
		"renamed":                 {"annie", "7", nil, true},
		"the name was taken":      {"ann", "8", nil, false},
		"unknown number":          {"ann", "", nil, false},
		"caused it before rename": {"annie", "7", []string{"ann"}, false},
	} {
		_, _, err := c.Check(approval.Approval{Causes: a.causes}, approval.Answer{Verb: approval.Approve, Identity: approval.Identity{GitHub: a.login, GitHubID: a.id}})
		if (err == nil) != a.passes {
			t.Errorf("%s: %v, want it to pass: %v", name, err, a.passes)
		}
	}
}

// TestS13CausedByAddress: the author of a commit that bears only an address is
// who has the address in approvals.yaml.
func TestS13CausedByAddress(t *testing.T) {
	t.Parallel()
	c := load(t, people)
	for email, refused := range map[string]bool{
		"ANN@example.com": true, "1+ann-work@users.noreply.github.com": true, "ann@users.noreply.github.com": true,
		"bob@example.com": false, "ann@example.com.evil": false, "1+ann-work@example.com": false,
	} {
		q := approval.Approval{Causes: []string{approval.Address(email)}}
		if _, _, err := c.Check(q, approval.Answer{Verb: approval.Approve, Identity: key("ann")}); fault.Is(err, fault.Forbidden) != refused {
			t.Errorf("%s: %v, want a refusal: %v", email, err, refused)
		}
		if may, _ := c.May(q); (len(may) == 1) != refused {
			t.Errorf("%s: %v may approve", email, may)
		}
	}
}

func TestMayListsWhoIsLeft(t *testing.T) {
	t.Parallel()
	c := load(t, people)
	may, needed := c.May(approval.Approval{Causes: []string{"Ann"}})
	if diff := cmp.Diff([]string{"bob"}, may); diff != "" || needed != 1 {
		t.Error(diff, needed)
	}
}

func TestLoadFindsMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"people: {ann: {keys: [k]}}\nteams: {core: [anne]}\nrules: []":    `approvals.yaml:2:16: "anne" is nobody`,
		"people: {ann: {keys: [k]}}\nrules: [{by: [anne]}]":               `"anne" is neither a person nor a team`,
		"people: {ann: {keys: [k]}, bob: {keys: [k]}}\nrules: []":         "key:k belongs to ann already",
		"people: {ann: {github: [A]}, bob: {github: [a]}}\nrules: []":     "github:a belongs to ann already",
		"people: {ann: {github: [\"@ann\"]}}\nrules: []":                  "@ann",
		"people: {ann: {github: [\"ſam\"]}}\nrules: []":                   "ſam",
		"people: {ann: {github: [\"a#1\"]}, b: {github: [a]}}\nrules: []": "github:a belongs to ann already",
		"people: {}\nrules: [{by: [], tell: mail}]":                       "tell",
		"people: {}": "rules",
		"people: {}\nrules: [{by: [], count: 0}]": "count",
		"people: {}\nrules: []\nfour_eyes: false": "four_eyes",
		"people: [": "not valid YAML",
	} {
		c, err := approval.Load(fstest.MapFS{approval.File: {Data: []byte(text)}})
		if _, ok := errors.AsType[document.Findings](err); !ok || c != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if c, err := approval.Load(fstest.MapFS{}); c != nil || err != nil {
		t.Errorf("without a file: %v, %v; want nothing", c, err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(people)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := approval.Load(fstest.MapFS{approval.File: {Data: []byte(text)}})
		if err != nil || c == nil {
			return
		}
		q := approval.Approval{Policy: "p", Causes: []string{"Ann"}}
		if _, _, err := c.Check(q, approval.Answer{Verb: approval.Approve, Identity: login("ann")}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("who caused it approves: %v", err)
		}
	})
}
