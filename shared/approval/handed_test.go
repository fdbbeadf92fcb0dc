package approval_test

import (
	"strings"
	"testing"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
)

// TestS14WhoMayMakeALink: everybody their own; another's only an admin, and
// never one by which an admin would approve what the admin caused.
func TestS14WhoMayMakeALink(t *testing.T) {
	t.Parallel()
	c := load(t, people)
	admin := func(name string) approval.Identity { return approval.Identity{Key: name, Admin: true} }
	ofAnn := approval.Approval{Policy: "merge", Repository: "octo/hello", Causes: []string{"ann"}}
	ofNobody := approval.Approval{Policy: "merge", Repository: "octo/hello"}
	byBob := approval.Approval{Policy: "merge", Repository: "octo/hello", Answers: []approval.Answer{{Verb: approval.Approve, Person: "bob"}}}
	for name, l := range map[string]struct {
		config *approval.Config
		q      approval.Approval
		id     approval.Identity
		verb   approval.Verb
		person string
		maker  string
		says   string // "": it is made
	}{
		"one's own":                      {c, ofAnn, key("bob"), approval.Approve, "bob", "", ""},
		"an admin for another":           {c, ofNobody, admin("ann"), approval.Approve, "bob", "ann", ""},
		"an admin for another's veto":    {c, ofAnn, admin("ann"), approval.Reject, "bob", "ann", ""},
		"for another without the role":   {c, ofNobody, key("ann"), approval.Approve, "bob", "", "only keys of role admin"},
		"of what the admin caused":       {c, ofAnn, admin("ann"), approval.Approve, "bob", "", "caused this"},
		"for who caused it":              {c, ofAnn, admin("bob"), approval.Approve, "ann", "", "caused this"},
		"for who may not approve":        {c, ofNobody, admin("ann"), approval.Approve, "eve", "", "may not approve"},
		"for a stranger":                 {c, ofNobody, admin("ann"), approval.Approve, "zoe", "", "nobody called"},
		"by a stranger":                  {c, ofNobody, admin("zoe"), approval.Approve, "bob", "", "belongs to nobody"},
		"by a bot":                       {c, ofNobody, approval.Identity{Key: "ann", Admin: true, Bot: true}, approval.Approve, "bob", "", "only people"},
		"by who approved, for a second":  {c, byBob, admin("bob"), approval.Approve, "ann", "", "of one hand"},
		"while there is no approvals":    {nil, ofNobody, admin("ann"), approval.Approve, "bob", "", "no approvals.yaml"},
		"rejecting as who may not judge": {c, ofNobody, key("eve"), approval.Reject, "eve", "", ""},
	} {
		maker, err := l.config.MayLink(l.q, approval.Answer{Verb: l.verb, By: "key:" + l.id.Key, Identity: l.id}, l.person)
		switch {
		case l.says == "" && (err != nil || maker != l.maker):
			t.Errorf("%s: made by %q, %v; want by %q", name, maker, err, l.maker)
		case l.says != "" && (err == nil || !strings.Contains(err.Error(), l.says)):
			t.Errorf("%s: %v, want %q", name, err, l.says)
		}
	}
}
