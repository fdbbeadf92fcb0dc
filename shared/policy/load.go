package policy

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// Load reads policies/*.yaml and *.yml of fsys, .infinity's root. An error in
// the files is Findings; with any finding there is no set, so that nothing is
// permitted by what could not be read whole.
func Load(fsys fs.FS, c Catalog) (*Set, error) {
	l, err := newLoader(c)
	if err != nil {
		return nil, err
	}
	return l.load(fsys)
}

// loader is what loading needs beside the files; making it costs more than
// most files do.
type loader struct {
	base   *Set // without a policy
	schema *jsonschema.Schema
}

func newLoader(c Catalog) (*loader, error) {
	base, err := NewSet(c)
	if err != nil {
		return nil, err
	}
	raw, err := Schema(c)
	if err != nil {
		return nil, err
	}
	schema, err := document.Compile(raw)
	if err != nil {
		return nil, err
	}
	return &loader{base: base, schema: schema}, nil
}

func (l *loader) load(fsys fs.FS) (*Set, error) {
	names, err := yamlFiles(fsys, "policies")
	if err != nil {
		return nil, err
	}
	set := newSet(l.base.types, l.base.compiler, l.base.actions)
	var findings Findings
	for _, name := range names {
		f, err := loadFile(set, l.schema, fsys, name)
		if err != nil {
			return nil, err
		}
		findings = append(findings, f...)
	}
	if findings != nil {
		return nil, findings.Sorted()
	}
	return set, nil
}

func yamlFiles(fsys fs.FS, folder string) ([]string, error) {
	var names []string
	for _, pattern := range []string{"/*.yaml", "/*.yml"} {
		found, err := fs.Glob(fsys, folder+pattern)
		if err != nil {
			return nil, fmt.Errorf("look for files in %s: %w", folder, err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return names, nil
}

func loadFile(set *Set, schema *jsonschema.Schema, fsys fs.FS, name string) (Findings, error) {
	doc, findings, err := document.Read(fsys, name)
	if err != nil || findings != nil {
		return findings, err
	}
	malformed := map[string]bool{} // by position: the others are still checked
	if err := schema.Validate(doc.Value); err != nil {
		findings = doc.Explain(name, err, words)
		for _, v := range document.Leaves(err) {
			if len(v.InstanceLocation) > 1 {
				malformed[v.InstanceLocation[1]] = true
			}
		}
	}
	root, _ := doc.Value.(object)
	list, _ := root["policies"].([]any)
	for i, p := range list {
		if fields, ok := p.(object); ok && !malformed[strconv.Itoa(i)] {
			findings = append(findings, set.Add(sourceOf(name, doc, i, fields))...)
		}
	}
	return findings, nil
}

// sourceOf makes the Source of the policy at position i, whose fields fit the
// schema.
func sourceOf(file string, doc *document.Document, i int, fields object) Source {
	at := []string{"policies", strconv.Itoa(i)}
	s := Source{Policy: Policy{
		Name: text(fields["name"]), Description: text(fields["description"]), File: file, Line: doc.Find(at).Line,
		When: text(fields["when"]), Autonomy: Level(text(fields["autonomy"])),
		Capability: text(fields["capability"]),
	}}
	s.OwnEvents, _ = fields["own_events"].(bool)
	if on, ok := fields["on"].(string); ok {
		s.On = []string{on}
	} else if list, ok := fields["on"].([]any); ok {
		for _, e := range list {
			s.On = append(s.On, text(e))
		}
	}
	if list, ok := fields["do"].([]any); ok {
		s.List = true
		for _, do := range list {
			s.Do = append(s.Do, stepOf(do))
		}
	} else {
		s.Do = []Step{stepOf(fields["do"])}
	}
	if limits, ok := fields["limits"].(object); ok {
		s.Limits = Limits{PerResource: rateOf(limits["per_resource"]), Total: rateOf(limits["total"])}
	}
	s.Find = func(path []string, line, column int) (int, int) {
		p := doc.Within(append(slices.Clone(at), path...), line, column)
		return p.Line, p.Column
	}
	return s
}

// stepOf reads an action's name, or its name and arguments.
func stepOf(do any) Step {
	fields, ok := do.(object)
	if !ok {
		return Step{Action: text(do)}
	}
	with, _ := fields["with"].(object)
	return Step{Action: text(fields["action"]), With: with}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// rateOf returns the rate that v is, of which mistake says whether it may be.
func rateOf(v any) *Rate {
	if v == nil {
		return nil
	}
	r, _, _ := rate.Parse(text(v))
	return &r
}
