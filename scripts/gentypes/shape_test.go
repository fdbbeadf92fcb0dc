package main

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a schema with each way that the real one says things in.
const small = `{"definitions":{
	"user":{"type":"object","properties":{"login":{"type":"string"},"id":{"type":"integer"}}},
	"step":{"type":"object","oneOf":[
		{"type":"object","properties":{"name":{"type":"string"},"conclusion":{"type":"null"}}},
		{"type":"object","properties":{"name":{"type":"string"},"conclusion":{"enum":["success","failure"]}}}]},
	"tree":{"type":"object","properties":{"child":{"$ref":"#/definitions/tree"}}},
	"issues$opened":{"type":"object","properties":{
		"action":{"const":"opened"},
		"sender":{"$ref":"#/definitions/user"},
		"issue":{"allOf":[{"$ref":"#/definitions/user"},{"type":"object","properties":{"score":{"type":"number"}}}]},
		"closed_at":{"type":["string","null"]},
		"created_at":{"oneOf":[{"type":"integer"},{"type":"string"}]},
		"rate":{"oneOf":[{"type":"integer"},{"type":"number"}]},
		"assignee":{"oneOf":[{"$ref":"#/definitions/user"},{"type":"null"}]},
		"labels":{"type":"array","items":{"$ref":"#/definitions/user"}},
		"pair":{"type":"array","items":[{"type":"string"}]},
		"steps":{"type":"array","items":{"$ref":"#/definitions/step"}},
		"properties":{"type":"object","additionalProperties":true},
		"nothing":{"type":"null"}}},
	"push$event":{"type":"object","properties":{"forced":{"type":"boolean"}}},
	"deep$event":{"$ref":"#/definitions/tree"},
	"issues_event":{"type":"object"}}}`

func shapes(t *testing.T) map[string]*shape {
	t.Helper()
	var doc schema
	if err := json.Unmarshal([]byte(small), &doc); err != nil {
		t.Fatal(err)
	}
	return eventsOf(&doc)
}

func fieldsOf(t *testing.T, c catalogue, event string) map[string]string {
	t.Helper()
	n, ok := c.Events[event]
	if !ok {
		t.Fatalf("no event %s in %v", event, c.Events)
	}
	return c.Objects[n].Fields
}

func TestSchemaToCatalogue(t *testing.T) {
	t.Parallel()
	c := compact(shapes(t))
	if len(c.Events) != 3 {
		t.Errorf("events %v: one for each definition with a $", c.Events)
	}
	got := fieldsOf(t, c, "issues.opened")
	user := got["sender"]
	for field, want := range map[string]string{
		"action": "s", "closed_at": "s", "created_at": "*", "rate": "d", "assignee": user, "labels": "l" + user,
		"pair": "l*", "properties": "m", "nothing": "*",
	} {
		if got[field] != want {
			t.Errorf("%s is of type %q, want %q", field, got[field], want)
		}
	}
	if user[0] != 'o' || got["issue"] == user || got["steps"][:2] != "lo" {
		t.Errorf("sender %s, issue %s, steps %s", user, got["issue"], got["steps"])
	}
	if diff := cmp.Diff(map[string]string{"forced": "b"}, fieldsOf(t, c, "push")); diff != "" {
		t.Error(diff)
	}
}

// TestAlternativesAreMerged would find a step whose fields were lost since its
// object names none itself.
func TestAlternativesAreMerged(t *testing.T) {
	t.Parallel()
	e := shapes(t)["issues.opened"].fields
	step := e["steps"].elem
	if step.kind != "o" || step.fields["conclusion"].kind != "s" || step.fields["name"].kind != "s" {
		t.Errorf("step %+v", step)
	}
	if i := e["issue"]; len(i.fields) != 3 || i.fields["score"].kind != "d" {
		t.Errorf("issue %+v", i)
	}
}

// TestRecursionEnds would hang or overflow if it did not.
func TestRecursionEnds(t *testing.T) {
	t.Parallel()
	depth := 0
	s := shapes(t)["deep"]
	for ; s.kind == "o"; s = s.fields["child"] {
		depth++
	}
	if s.kind != "*" || depth != maxDepth+1 {
		t.Errorf("ends after %d levels with %q", depth, s.kind)
	}
}

func TestSeenAndMerge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ a, b, want string }{
		"null gives way":   {`null`, `"a"`, "s"},
		"and so does null": {`"a"`, `null`, "s"},
		"whole and not":    {`1`, `1.5`, "d"},
		"number and text":  {`1`, `"a"`, "*"},
		"list and object":  {`[]`, `{}`, "*"},
		"empty list":       {`[]`, `["a"]`, "ls"},
		"mixed list":       {`[1,"a"]`, `[]`, "l*"},
		"truth":            {`true`, `false`, "b"},
	}
	for name, tt := range tests {
		var a, b any
		if err := json.Unmarshal([]byte(tt.a), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tt.b), &b); err != nil {
			t.Fatal(err)
		}
		c := compactor{known: map[string]int{}}
		if got := c.ref("x", merge(seen(a), seen(b))); got != tt.want {
			t.Errorf("%s: %s and %s give %s, want %s", name, tt.a, tt.b, got, tt.want)
		}
	}
	o := merge(seen(map[string]any{"a": "x"}), seen(map[string]any{"b": true}))
	if len(o.fields) != 2 || o.fields["a"].kind != "s" || o.fields["b"].kind != "b" {
		t.Errorf("objects give %+v", o)
	}
}

// TestEqualObjectsAreOne holds the file to its size.
func TestEqualObjectsAreOne(t *testing.T) {
	t.Parallel()
	object := func() *shape { return &shape{kind: "o", fields: map[string]*shape{"id": {kind: "i"}}} }
	c := compact(map[string]*shape{"a": object(), "b": object(), "c": {kind: "o", fields: map[string]*shape{"id": {kind: "s"}}}})
	if len(c.Objects) != 2 || c.Events["a"] != c.Events["b"] || c.Events["a"] == c.Events["c"] {
		t.Errorf("%+v", c)
	}
}

// TestRunCompletesTheSchema would find that recorded payloads are left out.
func TestRunCompletesTheSchema(t *testing.T) {
	t.Parallel()
	in, out := filepath.Join(t.TempDir(), "schema.json"), filepath.Join(t.TempDir(), "types.json.gz")
	if err := os.WriteFile(in, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var c catalogue
	if err := json.NewDecoder(zr).Decode(&c); err != nil {
		t.Fatal(err)
	}
	got := fieldsOf(t, c, "issues.opened")
	if got["rate"] != "d" || got["repository"] == "" || c.Source != source {
		t.Errorf("rate %q from the schema, repository %q from the payloads, source %q", got["rate"], got["repository"], c.Source)
	}
	if _, ok := c.Events["repository_dispatch"]; !ok {
		t.Error("repository_dispatch is not one event")
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range [][2]string{{"", "x"}, {"x", ""}, {filepath.Join(dir, "none"), "x"}, {bad, "x"}} {
		if err := run(files[0], files[1]); err == nil {
			t.Errorf("run(%q, %q) is content", files[0], files[1])
		}
	}
}
