package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy/internal/suggest"
)

// compileSchema compiles a JSON Schema that stands alone.
func compileSchema(raw []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	const name = "schema.json"
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	s, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %w", err)
	}
	return s, nil
}

// leaves returns the mistakes that a validation error is made of. Of an anyOf
// it takes the first branch: the second is the template's.
func leaves(err error) []*jsonschema.ValidationError {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return nil
	}
	var out []*jsonschema.ValidationError
	var walk func(v *jsonschema.ValidationError)
	walk = func(v *jsonschema.ValidationError) {
		causes := v.Causes
		if _, alternatives := v.ErrorKind.(*kind.AnyOf); alternatives && len(causes) > 0 {
			causes = causes[:1]
		}
		if len(causes) == 0 {
			out = append(out, v)
		}
		for _, c := range causes {
			walk(c)
		}
	}
	walk(v)
	return out
}

// schemaFindings says what err, of validating doc, means for its author.
func schemaFindings(file string, doc *document.Document, err error) Findings {
	var out Findings
	for _, v := range leaves(err) {
		path := v.InstanceLocation
		add := func(p document.Position, message, hint string) {
			f := Finding{File: file, Line: p.Line, Column: p.Column, Message: message, Hint: hint}
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
		switch k := v.ErrorKind.(type) {
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				message, hint := unknownField(path, name)
				add(doc.FindKey(path, name), message, hint)
			}
		case *kind.Required:
			add(doc.Find(path), fmt.Sprintf("%s lacks %s", called(path), quoteAll(k.Missing)), "")
		default:
			message, hint := valueMistake(path, v.ErrorKind)
			add(doc.Find(path), message, hint)
		}
	}
	return out
}

var fields = []string{"name", "description", "on", "when", "do", "autonomy", "limits"}

func unknownField(path []string, name string) (string, string) {
	switch {
	case name == "decide":
		return `"decide" steps are not read yet`, "take it out; rules alone decide"
	case len(path) == 2:
		return fmt.Sprintf("a policy has no %q", name), suggest.Closest(name, slices.Clone(fields))
	case len(path) == 3 && path[2] == "limits":
		return fmt.Sprintf("limits have no %q", name), suggest.Closest(name, []string{"per_resource", "total"})
	case len(path) == 4 && path[3] == "with":
		return fmt.Sprintf("the action has no argument %q", name), "`infinity policy schema` lists the arguments"
	case len(path) == 3 && path[2] == "do":
		return fmt.Sprintf("do has no %q", name), "write {action: name, with: {argument: value}}"
	}
	return fmt.Sprintf("%s has no %q", called(path), name), suggest.Closest(name, []string{"policies", "fixtures"})
}

func valueMistake(path []string, k jsonschema.ErrorKind) (string, string) {
	name := called(path)
	last := ""
	if len(path) > 0 {
		last = path[len(path)-1]
	}
	switch k := k.(type) {
	case *kind.Type:
		if last == "do" && k.Got == "array" {
			return "do holds a list; only one action is read yet", "write one policy for each action"
		}
		return fmt.Sprintf("%s is of type %s; it has to be %s", name, k.Got, strings.Join(k.Want, " or ")), ""
	case *kind.Enum:
		return enumMistake(path, name, k)
	case *kind.Pattern:
		switch last {
		case "name":
			return fmt.Sprintf("the name %q is not of small letters, digits and single hyphens", k.Got), `write it like "rerun-flaky-ci"`
		case "per_resource", "total":
			_, mistake, hint := parseRate(k.Got)
			return fmt.Sprintf("%s is %q: %s", name, k.Got, mistake), hint
		}
	}
	return name + ": " + k.LocalizedString(message.NewPrinter(language.English)), ""
}

func enumMistake(path []string, name string, k *kind.Enum) (string, string) {
	words := make([]string, len(k.Want))
	for i, w := range k.Want {
		words[i] = fmt.Sprint(w)
	}
	got := fmt.Sprint(k.Got)
	switch {
	case slices.Contains(path, "on"):
		if strings.HasSuffix(got, "*") {
			return "", ""
		}
		return fmt.Sprintf("the event %q is unknown", got), suggest.Closest(got, words)
	case len(path) > 2 && path[2] == "do" && len(path) < 5:
		return fmt.Sprintf("the action %q is unknown", got), suggest.Closest(got, words)
	case path[len(path)-1] == "autonomy":
		return fmt.Sprintf("the level %q is unknown", got), "write one of L1, L2, L3, L4 and L5"
	}
	return fmt.Sprintf("%s is %q; it has to be one of %s", name, got, strings.Join(words, ", ")), suggest.Closest(got, words)
}

// called names the value at path for people.
func called(path []string) string {
	switch len(path) {
	case 0:
		return "the file"
	case 2:
		return "the policy"
	}
	return path[len(path)-1]
}

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + n + `"`
	}
	return strings.Join(out, ", ")
}

// mistakes says in one sentence what err, of validating arguments, found.
func mistakes(err error) string {
	var out []string
	for _, v := range leaves(err) {
		out = append(out, strings.TrimPrefix(strings.Join(v.InstanceLocation, ".")+": ", ": ")+v.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
	return strings.Join(out, ", ")
}
