package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want any }{
		"words are dropped": {
			object{"type": "string", "description": "d", "example": "e", "format": "uri", "x-github": true},
			object{"type": "string"},
		},
		"a property may be called as a keyword is": {
			object{"properties": object{"description": object{"type": "string", "title": "t"}, "nullable": object{"type": "boolean"}}},
			object{"properties": object{"description": object{"type": "string"}, "nullable": object{"type": "boolean"}}},
		},
		"nullable type": {object{"type": "string", "nullable": true}, object{"type": []any{"string", "null"}}},
		"nullable enum": {
			object{"type": "string", "nullable": true, "enum": []any{"a"}},
			object{"type": []any{"string", "null"}, "enum": []any{"a", nil}},
		},
		"nullable without a type": {
			object{"nullable": true, "oneOf": []any{object{"type": "string"}}},
			object{"anyOf": []any{object{"type": "null"}, object{"oneOf": []any{object{"type": "string"}}}}},
		},
		"no more properties": {object{"additionalProperties": false}, object{"additionalProperties": false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, (&trimmer{kept: object{}}).schema(tc.in)); diff != "" {
				t.Errorf("schema (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUseFollowsReferencesOnce(t *testing.T) {
	t.Parallel()
	tr := &trimmer{kept: object{}, components: object{"schemas": object{
		"a": object{"properties": object{"b": object{"$ref": schemas + "b"}}},
		"b": object{"items": object{"$ref": schemas + "a"}}, // back again
		"c": object{"type": "string"},
	}}}
	tr.use(schemas + "a")
	want := object{
		"a": object{"properties": object{"b": object{"$ref": schemas + "b"}}},
		"b": object{"items": object{"$ref": schemas + "a"}},
	}
	if diff := cmp.Diff(want, tr.kept); diff != "" || tr.err != nil {
		t.Errorf("kept (-want +got):\n%s, error %v", diff, tr.err)
	}
	if tr.use(schemas + "gone"); tr.err == nil {
		t.Error("a reference to nothing passed, want an error")
	}
}

func TestTrimNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := trim(object{"paths": object{}}, map[string][]string{"~/x": {"get"}}); err == nil {
		t.Error("an operation that the description lacks passed, want an error")
	}
	if err := correct(object{}); err == nil {
		t.Error("corrections of nothing passed, want an error")
	}
}

// described builds a description that has just the operations wanted.
func described() object {
	paths := object{}
	for short, methods := range operations {
		path := short
		if rest, ok := strings.CutPrefix(short, "~"); ok {
			path = base + rest
		}
		item := object{}
		for _, m := range methods {
			list := object{"type": "array", "items": object{"$ref": schemas + "thing"}}
			item[m] = object{
				"operationId": m + path, "summary": "words",
				"parameters":  []any{object{"$ref": "#/components/parameters/created"}},
				"requestBody": object{"content": object{"application/json": object{"schema": object{"oneOf": []any{object{"type": "object"}}}}}},
				"responses": object{
					"200": object{"description": "words", "content": object{"application/json": object{"schema": list}}},
					"404": object{"$ref": "#/components/responses/not_found"},
				},
			}
		}
		paths[path] = item
	}
	return object{"info": object{"version": "1"}, "paths": paths, "components": object{
		"parameters": object{"created": object{"name": "created", "in": "query", "description": "words", "schema": object{"type": "string", "format": "date-time"}}},
		"responses":  object{"not_found": object{"description": "words"}},
		"schemas": object{
			"thing": object{"type": "object"}, "basic-error": object{"type": "object"},
			"installation": object{"type": "object"}, "unused": object{"type": "object"},
		},
	}}
}

func TestRun(t *testing.T) {
	t.Parallel()
	in, out := filepath.Join(t.TempDir(), "in.json"), filepath.Join(t.TempDir(), "out.gz")
	raw, err := json.Marshal(described())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var got object
	if err := json.NewDecoder(zr).Decode(&got); err != nil {
		t.Fatal(err)
	}
	created := object{"name": "created", "in": "query", "schema": object{"type": "string", "format": "date-time"}}
	want := object{
		"operationId": "get" + base, "parameters": []any{created},
		"requestBody": object{"required": false, "content": object{"application/json": object{"schema": object{"oneOf": []any{object{"type": "object"}}}}}},
		"responses": object{
			"200": object{"content": object{"application/json": object{"schema": object{"type": "array", "items": object{"$ref": schemas + "thing"}}}}},
			"404": object{},
		},
	}
	paths := at(got, "paths")
	if diff := cmp.Diff(want, at(paths, base, "get")); diff != "" {
		t.Errorf("operation (-want +got):\n%s", diff)
	}
	if kept := at(got, "components", "schemas"); kept["unused"] != nil || len(kept) != 3 {
		t.Errorf("kept schemas %v, want the three that are used", kept)
	}
	if list := at(paths, base+"/issues/{issue_number}/labels", "put", "requestBody", "content", "application/json", "schema")["oneOf"].([]any); len(list) != 2 {
		t.Errorf("labels take %v, want a list of names too", list)
	}
	if len(paths) != len(operations)+len(alias) {
		t.Errorf("%d paths, want %d", len(paths), len(operations)+len(alias))
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{"no name": "", "no file": bad + "x", "no JSON": bad} {
		if err := run(in, bad+".gz"); err == nil {
			t.Errorf("%s: passed, want an error", name)
		}
	}
}
