package document

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
)

// compiled holds each schema by its text. Schemas are the product's own, so
// there are few, and to compile one costs more than most documents that it
// checks: several functions in one process share it.
var compiled sync.Map

// Compile compiles a JSON Schema (2020-12) that stands alone.
func Compile(raw []byte) (*jsonschema.Schema, error) {
	if s, ok := compiled.Load(string(raw)); ok {
		return s.(*jsonschema.Schema), nil //nolint:forcetypeassert // nothing else is in it
	}
	s, err := compile(raw)
	if err == nil {
		compiled.Store(string(raw), s)
	}
	return s, err
}

func compile(raw []byte) (*jsonschema.Schema, error) {
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

// Leaves returns the mistakes that a validation error is made of. Of an anyOf
// it takes the first branch, which is the one that people are to write.
func Leaves(err error) []*jsonschema.ValidationError {
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

// Words are what a kind of file calls its parts and mistakes.
type Words struct {
	// Called names the value at path for people.
	Called func(path []string) string
	// Unknown says that the object at path has no member of that name.
	Unknown func(path []string, name string) (message, hint string)
	// Value says what is wrong with the value at path; Mistake does for most.
	Value func(path []string, mistake jsonschema.ErrorKind) (message, hint string)
}

// Explain says what err, of validating d, means for the author of file.
func (d *Document) Explain(file string, err error, words Words) Findings {
	var out Findings
	for _, v := range Leaves(err) {
		path := v.InstanceLocation
		add := func(p Position, message, hint string) {
			f := Finding{File: file, Line: p.Line, Column: p.Column, Message: message, Hint: hint}
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
		switch k := v.ErrorKind.(type) {
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				message, hint := words.Unknown(path, name)
				add(d.FindKey(path, name), message, hint)
			}
		case *kind.Required:
			add(d.Find(path), fmt.Sprintf("%s lacks %s", words.Called(path), Quote(k.Missing)), "")
		default:
			message, hint := words.Value(path, v.ErrorKind)
			add(d.Find(path), message, hint)
		}
	}
	return out
}

// Mistake says what is wrong with the value that people call name.
func Mistake(name string, mistake jsonschema.ErrorKind) (text, hint string) {
	switch k := mistake.(type) {
	case *kind.Type:
		return fmt.Sprintf("%s is of type %s; it has to be %s", name, k.Got, strings.Join(k.Want, " or ")), ""
	case *kind.Enum:
		words := Wanted(k)
		return fmt.Sprintf("%s is %q; it has to be one of %s", name, fmt.Sprint(k.Got), strings.Join(words, ", ")), suggest.Closest(fmt.Sprint(k.Got), words)
	}
	return name + ": " + mistake.LocalizedString(message.NewPrinter(language.English)), ""
}

// Quote lists names in quotes.
func Quote(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + n + `"`
	}
	return strings.Join(out, ", ")
}

// Wanted returns the values that an enumeration takes, as people write them.
func Wanted(k *kind.Enum) []string {
	words := make([]string, len(k.Want))
	for i, w := range k.Want {
		words[i] = fmt.Sprint(w)
	}
	return words
}
