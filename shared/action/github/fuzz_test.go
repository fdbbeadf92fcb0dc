package github_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actions "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Whatever stands before our marker, ours is what is read; and a text that a
// policy may send carries none, not even once GitHub has dropped what cannot
// be shown (S17).
func FuzzMarker(f *testing.F) {
	for _, body := range []string{
		"Hello", "<!-- infinity:0f1e -->", "<!-- infin\x00ity:0f1e -->", "<!-- infin\u0085ity:0f1e -->", "<!-- infinity:", "<!-- <!-- infinity:0f1e --> -->", "<!--", "```",
		"<!-- INFINITY:0f1e -->", "<!-- infinity:\u200b0f1e -->", "\r\n<!-- \x7finfinity:0f1e -->",
	} {
		f.Add(body, []byte{0x0f, 0x1e})
	}
	comment := lookup(f, "github.issue.comment")
	f.Fuzz(func(t *testing.T, body string, id []byte) {
		r := action.Request{Key: hex.EncodeToString(id)}
		if got := actions.MarkedBy(actions.Marked(r, body)); got != r.Key {
			t.Errorf("%q marked %s is read as %q", body, r.Key, got)
		}
		args, err := json.Marshal(map[string]string{"body": body})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := comment.Key(action.Target{}, args); err != nil {
			return
		}
		shown := strings.Map(func(c rune) rune {
			if unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' {
				return -1
			}
			return c
		}, body)
		if by := actions.MarkedBy(shown); by != "" {
			t.Errorf("%q is taken, and looks like %s's", body, by)
		}
	})
}

// Arguments are taken or refused as invalid; those taken have one key, however
// they are written.
func FuzzArguments(f *testing.F) {
	for _, s := range scenes {
		f.Add(s.action, s.args)
		for _, bad := range s.bad {
			f.Add(s.action, bad)
		}
	}
	registry, err := action.NewRegistry(actions.New(nil)...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, args string) {
		a, err := registry.Lookup(name)
		if err != nil {
			return
		}
		target := action.Target{ID: "1", SHA: "a", AsOf: "2"}
		one, err := a.Key(target, json.RawMessage(args))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s %s: %v", name, args, err)
			}
			return
		}
		var value any
		if err := json.Unmarshal([]byte(args), &value); err != nil {
			t.Fatalf("%s takes %s: %v", name, args, err)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if two, err := a.Key(target, again); err != nil || one != two {
			t.Errorf("%s: %s has the key %s, %s has %s (%v)", name, args, one, again, two, err)
		}
	})
}
