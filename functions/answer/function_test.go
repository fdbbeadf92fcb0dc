package answer_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/functions/answer"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/notice"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/memory"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const id = "abcdefghijklmnopqrstuvwxyz"

// answers keeps what it is told and answers with err.
type answers struct {
	got map[string]approval.Answer
	err error
}

func (a *answers) Answer(_ context.Context, id string, x approval.Answer) (execution.Execution, error) {
	a.got[id] = x
	return execution.Execution{}, a.err
}

// said is a comment as GitHub tells of it; change may make it another.
func said(body string, change func(comment, root map[string]any)) event.Event {
	at := start.Add(time.Minute).Format(time.RFC3339)
	user := map[string]any{"login": "ann", "id": 7, "type": "User"}
	c := map[string]any{"body": body, "user": user, "created_at": at, "updated_at": at, "performed_via_github_app": nil}
	root := map[string]any{"action": "created", "comment": c, "sender": user}
	if change != nil {
		change(c, root)
	}
	text, err := json.Marshal(root)
	if err != nil {
		panic(err) // maps of strings
	}
	return event.Event{
		ID: "1", Source: "https://github.com/octo/hello", Type: "com.github.issue_comment.created", Time: start,
		Repository: "octo/hello", RepositoryID: 7, Data: text,
	}
}

// tell delivers e and returns the status and what was answered.
func tell(t *testing.T, e event.Event, fails error) (int, map[string]approval.Answer) {
	t.Helper()
	schema, err := store.DefaultSchema()
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New(memory.Options{Schema: schema})
	x := execution.Execution{ID: id, State: execution.Waiting, Round: 2, PlanHash: "plan", Target: action.Target{RepositoryID: 7}}
	err = s.Run(t.Context(), func(_ context.Context, tx store.Tx) error {
		q := approval.Approval{ID: approval.ID(id, 2), AskedAt: start}
		if err := tx.Put(store.Key{Collection: approval.Collection, ID: q.ID}, q); err != nil {
			return err
		}
		nowhere := execution.Execution{ID: strings.Repeat("n", 26), State: execution.Waiting} // of no repository that is known
		if err := tx.Put(store.Key{Collection: execution.Collection, ID: nowhere.ID}, nowhere); err != nil {
			return err
		}
		return tx.Put(store.Key{Collection: execution.Collection, ID: id}, x)
	})
	if err != nil {
		t.Fatal(err)
	}
	a := &answers{got: map[string]approval.Answer{}, err: fails}
	h := answer.New(answer.Deps{Answers: a, Store: s, Log: slog.New(slog.DiscardHandler)})
	err = function.DeliverMessage(t.Context(), h, event.ToMessage(e))
	if err != nil {
		return http.StatusInternalServerError, a.got
	}
	return http.StatusNoContent, a.got
}

func TestCommentsThatCount(t *testing.T) {
	t.Parallel()
	ann := approval.Identity{GitHub: "ann", GitHubID: "7"}
	for body, want := range map[string]approval.Answer{
		"/approve " + id: {Verb: approval.Approve, Identity: ann},
		"Looks right.\r\n/approve abcdefgh  \r\n":       {Verb: approval.Approve, Identity: ann},
		"/veto abcdefghij not on a Friday":              {Verb: approval.Reject, Note: "not on a Friday", Identity: ann},
		"/reject " + id:                                 {Verb: approval.Reject, Identity: ann},
		"<!-- template -->\n\n/approve " + id:           {Verb: approval.Approve, Identity: ann},
		"> shall I?\n\n/approve " + id + " go_on *now*": {Verb: approval.Approve, Note: "go_on *now*", Identity: ann},
		"```\n/veto " + id + "\n```\n/approve " + id:    {Verb: approval.Approve, Identity: ann},
	} {
		want.By, want.Channel, want.PlanHash = "github:ann", approval.Comment, "plan"
		status, got := tell(t, said(body, nil), nil)
		if diff := cmp.Diff(map[string]approval.Answer{id: want}, got); diff != "" || status != http.StatusNoContent {
			t.Errorf("%q: %d\n%s", body, status, diff)
		}
	}
}

func TestCommentsThatDoNot(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]event.Event{
		"S13 edited":           said("/approve "+id, func(c, _ map[string]any) { c["updated_at"] = start.Add(time.Hour).Format(time.RFC3339) }),
		"S13 of an edit":       said("/approve "+id, func(_, r map[string]any) { r["action"] = "edited" }),
		"S13 by somebody else": said("/approve "+id, func(_, r map[string]any) { r["sender"] = map[string]any{"login": "eve"} }),
		"older than the question": said("/approve "+id, func(c, _ map[string]any) {
			at := start.Add(-time.Minute).Format(time.RFC3339)
			c["created_at"], c["updated_at"] = at, at
		}),
		"S11 another repository":          func() event.Event { e := said("/approve "+id, nil); e.RepositoryID = 8; return e }(),
		"no repository":                   func() event.Event { e := said("/approve "+id, nil); e.RepositoryID = 0; return e }(),
		"no repository, on either side":   func() event.Event { e := said("/veto nnnnnnnn", nil); e.RepositoryID = 0; return e }(),
		"too short":                       said("/approve abcdefg", nil),
		"unknown":                         said("/approve zzzzzzzz", nil),
		"quoted":                          said("> /approve "+id, nil),
		"in code":                         said("~~~\n/approve "+id+"\n~~~", nil),
		"S13 in a longer block of code":   said("````\n```\n/approve "+id+"\n```\n````", nil),
		"S13 in a block of other marks":   said("~~~\n```\n~~~\n```\n/approve "+id+"\n```", nil),
		"S13 in code after a shorter end": said("````\n```\n/approve "+id, nil),
		"S13 in a quotation that goes on": said("> ann wrote:\n/approve "+id, nil),
		"S13 in a list":                   said("- for example:\n/approve "+id, nil),
		"S13 hidden in a comment":         said("<!--\n\n/approve "+id+"\n\n-->\nThanks.", nil),
		"S13 hidden in a line":            said("Thanks <!--\n/approve "+id+"\n-->", nil),
		"S13 in preformatted text":        said("<pre>\n/approve "+id+"\n</pre>", nil),
		"S13 within tags":                 said("<blockquote>\n\n/approve "+id+"\n\n</blockquote>", nil),
		"S13 in a code span":              said("do not `write\n/approve "+id+"\n` here", nil),
		"S13 struck out":                  said("~~mistaken:\n/approve "+id+" so~~", nil),
		"within a line":                   said("please /approve "+id, nil),
		"another word":                    said("/approved "+id, nil),
		"what the platform wrote itself":  said(notice.Text(approval.Approval{ExecutionID: id}, nil, start, false), nil),
		"of an alert":                     said(notice.Text(approval.Approval{ExecutionID: id, Category: "Alert"}, nil, start, false), nil),
	} {
		if status, got := tell(t, e, nil); status != http.StatusNoContent || len(got) != 0 {
			t.Errorf("%s: %d, answered %+v", name, status, got)
		}
	}
}

func TestBotsAreSaidToBe(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c, r map[string]any){
		"a bot":  func(c, _ map[string]any) { c["user"] = map[string]any{"login": "ann", "type": "Bot"} },
		"an App": func(c, _ map[string]any) { c["performed_via_github_app"] = map[string]any{"id": 1} },
	} {
		if _, got := tell(t, said("/approve "+id, change), nil); !got[id].Identity.Bot {
			t.Errorf("%s passes for a person: %+v", name, got[id])
		}
	}
}

func TestOnlyTroubleIsTriedAgain(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{fault.Forbidden: 204, fault.Conflict: 204, fault.NotFound: 204, fault.Unavailable: 500} {
		if status, _ := tell(t, said("/approve "+id, nil), fault.New(kind, "no")); status != want {
			t.Errorf("%v: %d, want %d", kind, status, want)
		}
	}
}

func FuzzComment(f *testing.F) {
	f.Add("/approve " + id)
	f.Add("```\n/veto " + id + " why\n")
	f.Fuzz(func(t *testing.T, body string) {
		_, got := tell(t, said(body, nil), nil)
		for x, a := range got {
			if x != id || a.By != "github:ann" || len(a.Note) > 1000 {
				t.Errorf("%q answered %s with %+v", body, x, a)
			}
		}
	})
}
