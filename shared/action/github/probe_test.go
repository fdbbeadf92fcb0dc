package github_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v66/github"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action/actiontest"
)

func probe(t *testing.T, w actiontest.World) (action.Result, bool) {
	t.Helper()
	res, found, err := w.Action.(action.Prober).Probe(t.Context(), w.Request)
	check(t, err)
	return res, found
}

const mark = "<!-- infinity:0f1e2d3c4b5a -->"

// Somebody who copies our marker must not make the effect look done.
func TestForgedMarker(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		scene string
		forge func(*testing.T, *hub, actiontest.World)
	}{
		"comment of somebody else": {"comment on an issue", func(t *testing.T, h *hub, _ actiontest.World) {
			t.Helper()
			c := h.everything(t).Issues
			theirs, _, err := c.ListComments(t.Context(), h.owner, h.repo, h.number(), nil)
			check(t, err)
			_, _, err = c.EditComment(t.Context(), h.owner, h.repo, theirs[0].GetID(), &gh.IssueComment{Body: gh.String("Hello\n\n" + mark)})
			check(t, err)
		}},
		"our comment that quotes another's marker": {"comment on an issue", func(t *testing.T, h *hub, _ actiontest.World) {
			t.Helper()
			body := "You said " + mark + "\n\n<!-- infinity:another -->"
			_, _, err := h.everything(t).Issues.CreateComment(t.Context(), h.owner, h.repo, h.number(), &gh.IssueComment{Body: &body})
			check(t, err)
		}},
		"release of somebody else": {"release", func(t *testing.T, h *hub, w actiontest.World) {
			t.Helper()
			res, err := w.Action.Apply(t.Context(), w.Request, action.Plan{})
			check(t, err)
			h.change(t, "releases", number(t, res), map[string]any{"author": h.event.Sender})
		}},
		"check run of another App": {"check run", func(t *testing.T, h *hub, w actiontest.World) {
			t.Helper()
			res, err := w.Action.Apply(t.Context(), w.Request, action.Plan{})
			check(t, err)
			h.change(t, "checks", number(t, res), map[string]any{"app": nil})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenes[tc.scene]
			if s.action == "github.issue.comment" {
				s.event = "issue_comment.created"
			}
			h := newHub(t, s.event, nil)
			w := h.world(t, s)
			tc.forge(t, h, w)
			if res, found := probe(t, w); found {
				t.Errorf("the forged %s is taken for ours", res.URL)
			}
		})
	}
}

func number(t *testing.T, res action.Result) int64 {
	t.Helper()
	id, err := strconv.ParseInt(res.ID, 10, 64)
	check(t, err)
	return id
}

// Ours is found among many, from the intent on, and not another effect of ours.
func TestProbeFindsOursAmongMany(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"comment on an issue", "check run", "draft of a release"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHub(t, scenes[name].event, nil).world(t, scenes[name])
			w.Request.Since = time.Now()
			var want string
			for i := range 205 { // three pages
				other := w.Request
				other.Key = fmt.Sprintf("%012x", i)
				if i == 102 { // on the second, whichever end a list begins at
					if _, found := probe(t, w); found {
						t.Fatal("another effect is taken for this one")
					}
					other = w.Request
				}
				res, err := w.Action.Apply(t.Context(), other, action.Plan{})
				check(t, err)
				if i == 102 {
					want = res.ID
				}
			}
			if res, found := probe(t, w); !found || res.ID != want {
				t.Errorf("got %s, %t, want %s", res.ID, found, want)
			}
		})
	}
}

// A comment that was made before the effect was first begun is not read.
func TestProbeLooksNoFurtherBack(t *testing.T) {
	t.Parallel()
	s := scenes["comment on an issue"]
	w := newHub(t, s.event, nil).world(t, s)
	_, err := w.Action.Apply(t.Context(), w.Request, action.Plan{})
	check(t, err)
	for since, want := range map[time.Duration]bool{-time.Hour: true, time.Minute: true, time.Hour: false} { // a minute's skew is forgiven
		w.Request.Since = time.Now().Add(since)
		if _, found := probe(t, w); found != want {
			t.Errorf("since %s: found %t, want %t", since, found, want)
		}
	}
}

// A text at the limit still fits with the marker behind it, in characters as
// GitHub counts them.
func TestLongestBody(t *testing.T) {
	t.Parallel()
	s := scenes["comment on an issue"]
	for body, fits := range map[string]bool{
		strings.Repeat("é", 65000): true, strings.Repeat("a", 65001): false,
	} {
		s.args = `{"body":"` + body + `"}`
		w := newHub(t, s.event, nil).world(t, s)
		w.Request.Key = strings.Repeat("f", 64)
		p, err := w.Action.Plan(t.Context(), w.Request)
		if (err == nil) != fits {
			t.Fatalf("Plan: %v, fits: %t", err, fits)
		}
		if !fits {
			continue
		}
		if _, err := w.Action.Apply(t.Context(), w.Request, p); err != nil || w.Effects() != 1 {
			t.Errorf("Apply: %v, %d effects", err, w.Effects())
		}
	}
}
