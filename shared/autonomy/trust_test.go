package autonomy_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
)

// body is Facts of JSON text.
type body string

func (b body) String(path string) (string, bool) {
	r := gjson.Get(string(b), path)
	if r.Type != gjson.String {
		return "", false
	}
	return r.String(), true
}

func TestAuthorOf(t *testing.T) {
	t.Parallel()
	const run = `{"sender":{"login":"ann"},"repository":{"full_name":"o/r","owner":{"login":"o"}},"workflow_run":{"event":"EVENT","head_repository":{"full_name":"HEAD"}}}`
	runOf := func(event, head string) string { return strings.NewReplacer("EVENT", event, "HEAD", head).Replace(run) }
	for name, c := range map[string]struct {
		source, typ, body string
		want              autonomy.Trust
		login, why        string
	}{
		"no sender":               {"", "issues.opened", `{}`, autonomy.None, "", "names no sender"},
		"owner":                   {"", "milestone.closed", `{"sender":{"login":"Ann"},"repository":{"owner":{"login":"ann"}}}`, autonomy.Owner, "Ann", "owns the repository"},
		"member":                  {"", "issues.opened", `{"sender":{"login":"ann"},"issue":{"user":{"login":"ann"},"author_association":"MEMBER"}}`, autonomy.Member, "ann", "of the issue is MEMBER"},
		"contributor":             {"", "pull_request.opened", `{"sender":{"login":"ann"},"pull_request":{"user":{"login":"ann"},"author_association":"CONTRIBUTOR"}}`, autonomy.Contributor, "ann", "of the pull request"},
		"first time":              {"", "pull_request.opened", `{"sender":{"login":"ann"},"pull_request":{"user":{"login":"ann"},"author_association":"FIRST_TIME_CONTRIBUTOR"}}`, autonomy.None, "ann", ""},
		"a word of tomorrow":      {"", "issues.opened", `{"sender":{"login":"ann"},"issue":{"user":{"login":"ann"},"author_association":"SPONSOR"}}`, autonomy.None, "ann", "SPONSOR"},
		"the comment's author":    {"", "issue_comment.created", `{"sender":{"login":"eve"},"comment":{"user":{"login":"eve"},"author_association":"NONE"},"issue":{"user":{"login":"ann"},"author_association":"OWNER"}}`, autonomy.None, "eve", "comment is NONE"},
		"another's issue":         {"", "issues.labeled", `{"sender":{"login":"eve"},"issue":{"user":{"login":"ann"},"author_association":"OWNER"}}`, autonomy.None, "eve", "nothing says"},
		"the reviewer":            {"", "pull_request_review.submitted", `{"sender":{"login":"bob"},"review":{"user":{"login":"bob"},"author_association":"COLLABORATOR"},"pull_request":{"user":{"login":"eve"},"author_association":"NONE"}}`, autonomy.Collaborator, "bob", "review"},
		"a bot":                   {"", "pull_request.opened", `{"sender":{"login":"x[bot]","type":"Bot"},"pull_request":{"user":{"login":"x[bot]"},"author_association":"NONE"}}`, autonomy.None, "x[bot]", ""},
		"a push":                  {"", "push", `{"sender":{"login":"ann"}}`, autonomy.Collaborator, "ann", "push needs write access"},
		"a push by nobody":        {"", "push", `{}`, autonomy.None, "", ""},
		"a release":               {"", "release.published", `{"sender":{"login":"ann"}}`, autonomy.Collaborator, "ann", "release needs"},
		"not quite a push":        {"", "pusher", `{"sender":{"login":"ann"}}`, autonomy.None, "ann", ""},
		"a run on push":           {"", "workflow_run.completed", runOf("push", "o/r"), autonomy.Collaborator, "ann", "a run on push"},
		"a run of a fork":         {"", "workflow_run.completed", runOf("push", "eve/r"), autonomy.None, "ann", ""},
		"a run anybody can cause": {"", "workflow_run.completed", runOf("issue_comment", "o/r"), autonomy.None, "ann", ""},
		"a run of nowhere":        {"", "workflow_run.completed", `{"sender":{"login":"ann"},"workflow_run":{"event":"push"}}`, autonomy.None, "ann", ""},
		"our own agent":           {"agent:reposync", "push", `{}`, autonomy.Collaborator, "reposync", "our own agent"},
		"an agent's name":         {"https://github.com/agent:reposync", "issues.opened", `{"sender":{"login":"agent:reposync"}}`, autonomy.None, "agent:reposync", ""},
		"no text":                 {"", "issues.opened", `{"sender":{"login":7}}`, autonomy.None, "", ""},
		"null everywhere":         {"", "issues.opened", `{"sender":{"login":"ann"},"repository":{"owner":null},"issue":{"user":null,"author_association":"OWNER"}}`, autonomy.None, "ann", ""},
	} {
		a := autonomy.AuthorOf(event.Event{Source: c.source, Type: "com.github." + c.typ}, body(c.body))
		if a.Trust != c.want || a.Login != c.login || !strings.Contains(a.Why, c.why) {
			t.Errorf("%s: %s, want %s %s since %q", name, a, c.login, c.want, c.why)
		}
	}
}

// Of recorded events, nobody is trusted with more than GitHub says of them.
func TestAuthorsOfRecordedEvents(t *testing.T) {
	t.Parallel()
	all, err := payloads.All()
	if err != nil {
		t.Fatal(err)
	}
	known := map[autonomy.Trust]int{}
	for _, p := range all {
		a := autonomy.AuthorOf(event.Event{Type: "com.github." + p.Event + "." + p.Action}, body(p.Body))
		known[a.Trust]++
		sender := gjson.GetBytes(p.Body, "sender.login").String()
		if a.Trust == autonomy.Owner && sender != gjson.GetBytes(p.Body, "repository.owner.login").String() {
			t.Errorf("%s: %s", p.Name(), a)
		}
	}
	if known[autonomy.Owner] == 0 || known[autonomy.None] == 0 || known[autonomy.Collaborator] == 0 {
		t.Errorf("authors: %v", known)
	}
	t.Log(known)
}
