package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/webhook"
)

// FixtureResult is what one fixture gave.
type FixtureResult struct {
	Name     string   `json:"name"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Failures []string `json:"failures,omitempty"` // one sentence each; none if it passed
}

// RunFixtures runs fixtures/*.yaml of fsys against s. payload returns a
// recorded webhook body by its name ("workflow_run.completed#0"). A fixture
// lists every policy that matches: one that matches and is not listed fails it.
// Categories are those of the effective level, by autonomy.yaml of fsys.
// Mistakes in the files are Findings.
func RunFixtures(fsys fs.FS, s *Set, payload func(name string) ([]byte, error)) ([]FixtureResult, error) {
	schema, err := document.Compile([]byte(fixtureSchema))
	if err != nil {
		return nil, err
	}
	matrix, err := autonomy.Load(fsys, s)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	names, err := yamlFiles(fsys, "fixtures")
	if err != nil {
		return nil, err
	}
	var results []FixtureResult
	var findings Findings
	for _, name := range names {
		doc, problems, err := document.Read(fsys, name)
		if err != nil {
			return nil, err
		}
		if problems == nil {
			if err := schema.Validate(doc.Value); err != nil {
				problems = doc.Explain(name, err, words)
			}
		}
		if findings = append(findings, problems...); problems != nil {
			continue
		}
		for i, f := range doc.Value.(object)["fixtures"].([]any) { //nolint:forcetypeassert // the schema has checked it
			r := FixtureResult{File: name, Line: doc.Find([]string{"fixtures", strconv.Itoa(i)}).Line}
			results = append(results, s.fixture(f.(object), r, matrix, payload)) //nolint:forcetypeassert // the schema has checked it
		}
	}
	if findings != nil {
		return nil, findings.Sorted()
	}
	return results, nil
}

const fixtureSchema = `{"type":"object","required":["fixtures"],"additionalProperties":false,"properties":{"fixtures":{"type":"array","items":{
	"type":"object","required":["name","expect"],"additionalProperties":false,"anyOf":[{"required":["payload"]},{"required":["type","body"]}],
	"properties":{
		"name":{"type":"string"},"payload":{"type":"string"},"type":{"type":"string"},"body":{"type":"object"},"set":{"type":"object"},
		"expect":{"type":"object","additionalProperties":{"type":["string","object"],"if":{"type":"string"},"then":{"const":"no match"},"else":{
			"additionalProperties":false,"properties":{"action":{"type":"string"},"category":{"type":"string"},"args":{"type":"object"},
			"steps":{"type":"array","items":{"type":["string","object"],"additionalProperties":false,"required":["action"],
				"properties":{"action":{"type":"string"},"args":{"type":"object"}}}}}}}}
	}}}}}`

func (s *Set) fixture(f object, r FixtureResult, matrix *autonomy.Matrix, payload func(string) ([]byte, error)) FixtureResult {
	r.Name = text(f["name"])
	in, err := fixtureInput(f, payload)
	if err != nil {
		r.Failures = append(r.Failures, err.Error())
		return r
	}
	got := map[string]Match{}
	matches, failed := s.Evaluate(in)
	for _, m := range matches {
		got[m.Policy.Name] = m
	}
	for _, e := range failed {
		r.Failures = append(r.Failures, fmt.Sprintf("%s could not be evaluated: %v", e.Policy.Name, e.Err))
	}
	expect, _ := f["expect"].(object)
	for _, name := range slices.Sorted(maps.Keys(expect)) {
		m, matched := got[name]
		delete(got, name)
		r.Failures = append(r.Failures, s.compare(in, name, expect[name], m, matched, matrix)...)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		r.Failures = append(r.Failures, name+" matches, but is not expected")
	}
	return r
}

func (s *Set) compare(in *Input, name string, expect any, m Match, matched bool, matrix *autonomy.Matrix) []string {
	want, wanted := expect.(object)
	x, err := s.Explain(in, name)
	switch {
	case err != nil:
		return []string{err.Error()}
	case wanted != matched:
		return []string{fmt.Sprintf("%s: matched is %t; it %s", name, matched, x.Change)}
	case !wanted:
		return nil
	case m.Err != nil:
		return []string{fmt.Sprintf("%s: the arguments %v", name, m.Err)}
	}
	var out []string
	differs := func(what string, got any) {
		if w, ok := want[what]; ok && !cmp.Equal(w, got) {
			out = append(out, fmt.Sprintf("%s: %s is %s, expected %s", name, what, asJSON(got), asJSON(w)))
		}
	}
	verdict := matrix.Effective(m.Policy.Question(m.Policy.Actions(), in.event.Repository, autonomy.AuthorOf(in.event, in)))
	differs("category", string(autonomy.Category(verdict.Level, s.reversible(m.Policy))))
	differs("action", m.Policy.Do[0].Action)
	differs("args", decode(gjson.ParseBytes(m.Args[0])))
	if steps, ok := want["steps"].([]any); ok {
		differs("steps", stepsLike(steps, m))
	}
	return out
}

// reversible says whether all that p does can be undone.
func (s *Set) reversible(p *Policy) bool {
	return !slices.ContainsFunc(p.Do, func(step Step) bool { return !s.actions[step.Action].Reversible })
}

// stepsLike returns m's steps, each with as much of it as want names.
func stepsLike(want []any, m Match) []any {
	got := make([]any, len(m.Policy.Do))
	for i, step := range m.Policy.Do {
		got[i] = step.Action
		if i >= len(want) {
			continue
		}
		if w, ok := want[i].(object); ok {
			o := object{"action": step.Action}
			if _, ok := w["args"]; ok {
				o["args"] = decode(gjson.ParseBytes(m.Args[i]))
			}
			got[i] = o
		}
	}
	return got
}

func asJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// fixtureInput makes the event: a recorded payload or an inline body, with the
// values of `set` put in.
func fixtureInput(f object, payload func(string) ([]byte, error)) (*Input, error) {
	typ, body := text(f["type"]), f["body"]
	if name := text(f["payload"]); name != "" {
		raw, err := payload(name)
		if err != nil {
			return nil, fmt.Errorf("payload %s: %w", name, err)
		}
		if body = decode(gjson.ParseBytes(raw)); typ == "" {
			event, _, _ := strings.Cut(name, "#")
			typ = webhook.Prefix + event
		}
	}
	set, _ := f["set"].(object)
	for _, path := range slices.Sorted(maps.Keys(set)) {
		if err := put(body, strings.Split(path, "."), set[path]); err != nil {
			return nil, fmt.Errorf("set %s: %w", path, err)
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the body: %w", err)
	}
	in, err := NewInput(event.Event{ID: "fixture", Type: typ, Repository: gjson.GetBytes(raw, "repository.full_name").String(), Data: raw})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// put sets the value at path, making objects on the way.
func put(v any, path []string, value any) error {
	switch v := v.(type) {
	case object:
		if len(path) == 1 {
			v[path[0]] = value
			return nil
		}
		if v[path[0]] == nil {
			v[path[0]] = object{}
		}
		return put(v[path[0]], path[1:], value)
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(v) {
			return fmt.Errorf("the list has no element %q", path[0])
		}
		if len(path) == 1 {
			v[i] = value
			return nil
		}
		return put(v[i], path[1:], value)
	}
	return errors.New("the way leads through a value that is no object")
}
