package document_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
)

type (
	object = map[string]any
	list   = []any
)

func parse(t *testing.T, text string) *document.Document {
	t.Helper()
	d, problems := document.Parse([]byte(text))
	if problems != nil {
		t.Fatalf("%q: %v", text, problems)
	}
	return d
}

func TestParseGivesJSONValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"a: 1":                    object{"a": int64(1)},
		"a: -9223372036854775808": object{"a": int64(-9223372036854775808)},
		"a: 0x1F":                 object{"a": int64(31)},
		"a: 1.5":                  object{"a": 1.5},
		"a: 1e3":                  object{"a": 1000.0},
		"a: true":                 object{"a": true},
		"a: False":                object{"a": false},
		"a: yes":                  object{"a": "yes"}, // YAML 1.2: only true and false are
		"a: ~":                    object{"a": nil},
		"a:":                      object{"a": nil},
		`a: "1"`:                  object{"a": "1"},
		"a: 2026-01-02":           object{"a": "2026-01-02"},
		"- [a, {b: c}]":           list{list{"a", object{"b": "c"}}},
		"a: |\n  b\n    c\n":      object{"a": "b\n  c\n"},
		"a: >-\n  b\n  c\n":       object{"a": "b c"},
		"text":                    "text",
		"\ufeffa: 1":              object{"a": int64(1)}, // a byte order mark
		"a: 1\r\nb: 2\r\n":        object{"a": int64(1), "b": int64(2)},
		"# only\na: 'it''s'\n# a": object{"a": "it's"},
	} {
		if diff := cmp.Diff(want, parse(t, text).Value); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]document.Problem{
		"":                         {document.Position{Line: 1, Column: 1}, "the file is empty", ""},
		"# nothing":                {document.Position{Line: 1, Column: 1}, "the file is empty", ""},
		"a: 1\n---\nb: 2":          {document.Position{Line: 2, Column: 1}, "the file holds a second document", "write it to a file of its own"},
		"a: 1\na: 2":               {document.Position{Line: 2, Column: 1}, `"a" is there twice, first in line 1`, "take one of them out"},
		"- a: &x 1":                {document.Position{Line: 1, Column: 6}, "anchors (&x) are not read", "write the value out where it is needed"},
		"a: !!binary aGk=":         {document.Position{Line: 1, Column: 4}, "the tag !!binary is not read", "take the tag out"},
		"[a]: 1":                   {document.Position{Line: 1, Column: 1}, "a key has to be text", ""},
		"a: 9223372036854775808":   {document.Position{Line: 1, Column: 4}, "9223372036854775808 is no whole number of 64 bits", "quote it if it is text"},
		"a: .inf":                  {document.Position{Line: 1, Column: 4}, ".inf is no number", "quote it if it is text"},
		"a:\n  b:\n    - 1\n    b": {document.Position{Line: 5, Column: 1}, "", ""},
	} {
		d, problems := document.Parse([]byte(text))
		if d != nil || len(problems) != 1 {
			t.Errorf("%q: %v, %v", text, d, problems)
			continue
		}
		if want.Message == "" { // in the words of the YAML library
			problems[0].Message = ""
		}
		if diff := cmp.Diff(want, problems[0]); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	if d, problems := document.Parse([]byte(deep)); d != nil || len(problems) != 1 || problems[0].Column != 34 {
		t.Errorf("40 levels: %v", problems)
	}
	if _, problems := document.Parse(make([]byte, document.MaxBytes+1)); len(problems) != 1 || !strings.Contains(problems[0].Message, "524289 bytes") {
		t.Errorf("large: %v", problems)
	}
}

const placed = `list:
  - name: a
    when: event.x > 3
    quoted: "event.x"
    block: |
      first
        second
    folded: >
      first
      second
`

func TestFind(t *testing.T) {
	t.Parallel()
	d := parse(t, placed)
	for path, want := range map[string]document.Position{
		"":              {Line: 1, Column: 1},
		"list":          {Line: 2, Column: 3},
		"list.0":        {Line: 2, Column: 5},
		"list.0.name":   {Line: 2, Column: 11},
		"list.0.quoted": {Line: 4, Column: 13},
		"list.7.name":   {Line: 2, Column: 3}, // what there is of the way
		"list.x":        {Line: 2, Column: 3},
		"list.0.none":   {Line: 2, Column: 5},
		"list.0.name.x": {Line: 2, Column: 11},
	} {
		if got := d.Find(split(path)); got != want {
			t.Errorf("Find(%s) = %v, want %v", path, got, want)
		}
	}
	if got := d.FindKey([]string{"list", "0"}, "when"); got != (document.Position{Line: 3, Column: 5}) {
		t.Errorf("FindKey(when) = %v", got)
	}
	if got := d.FindKey([]string{"list", "0"}, "none"); got != (document.Position{Line: 2, Column: 5}) {
		t.Errorf("FindKey(none) = %v", got)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	d := parse(t, placed)
	tests := []struct {
		path         string
		line, column int
		want         document.Position
	}{
		{"list.0.when", 1, 1, document.Position{Line: 3, Column: 11}},
		{"list.0.when", 1, 7, document.Position{Line: 3, Column: 17}},
		{"list.0.quoted", 1, 7, document.Position{Line: 4, Column: 20}},
		{"list.0.block", 1, 1, document.Position{Line: 6, Column: 7}},
		{"list.0.block", 2, 3, document.Position{Line: 7, Column: 9}},
		{"list.0.folded", 1, 4, document.Position{Line: 8, Column: 13}}, // where it begins
		{"list.0.none", 1, 4, document.Position{Line: 2, Column: 5}},
		{"list.0", 1, 4, document.Position{Line: 2, Column: 5}},
	}
	for _, tt := range tests {
		if got := d.Within(split(tt.path), tt.line, tt.column); got != tt.want {
			t.Errorf("Within(%s, %d, %d) = %v, want %v", tt.path, tt.line, tt.column, got, tt.want)
		}
	}
}

func split(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}

// FuzzParse would find a file that makes parsing panic, or a problem without a
// place in the file.
func FuzzParse(f *testing.F) {
	for _, text := range []string{placed, "a: &x [*x]", "? [a]\n: b", "a: !!float x", "---\n...\n---\n", "{a: [b, {c: |\n d}]}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems := document.Parse(data)
		if (d == nil) != (len(problems) > 0) {
			t.Fatalf("document %v with problems %v", d, problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("problem %+v has no place or no message", p)
			}
		}
		if d != nil {
			if p := d.Within([]string{"list", "0", "when"}, 3, 3); p.Line < 1 || p.Column < 1 {
				t.Errorf("place %v", p)
			}
		}
	})
}
