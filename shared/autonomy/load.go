package autonomy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/rate"
)

// File is the matrix's file within .infinity.
const File = "autonomy.yaml"

// Load reads autonomy.yaml of fsys, .infinity's root. What is wrong with it is
// document.Findings, also that it is missing; then there is no matrix, so that
// nothing is permitted by what could not be read whole.
func Load(fsys fs.FS, c Catalog) (*Matrix, error) {
	raw, err := Schema(c)
	if err != nil {
		return nil, err
	}
	schema, err := document.Compile(raw)
	if err != nil {
		return nil, err
	}
	doc, findings, err := document.Read(fsys, File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, document.Findings{{File: File, Line: 1, Column: 1, Message: "the file is missing, so everything is only recorded", Hint: "write capabilities and authors; `infinity policy schema --of autonomy` describes them"}}
	case err != nil:
		return nil, err
	case findings != nil:
		return nil, findings
	}
	if err := schema.Validate(doc.Value); err != nil {
		return nil, doc.Explain(File, err, words).Sorted()
	}
	canonical, err := json.Marshal(doc.Value) // members in the order of their names
	if err != nil {
		return nil, fmt.Errorf("write %s as JSON: %w", File, err)
	}
	var f file
	if err := json.Unmarshal(canonical, &f); err != nil {
		return nil, fmt.Errorf("read %s: %w", File, err)
	}
	if findings := append(f.unknownActions(doc, c), f.strangeRates(doc)...); findings != nil {
		return nil, findings.Sorted()
	}
	return f.matrix(digest(canonical)), nil
}

// file is autonomy.yaml as it is written.
type file struct {
	Capabilities map[string]struct {
		Level        string            `json:"level"`
		Actions      []string          `json:"actions"`
		Repositories []string          `json:"repositories"`
		Limits       map[string]string `json:"limits"`
		Authors      map[Trust]string  `json:"authors"`
	} `json:"capabilities"`
	Authors map[Trust]string `json:"authors"`
}

// matrix is what f, which fits the schema, says.
func (f file) matrix(digest string) *Matrix {
	m := &Matrix{Capabilities: map[string]Capability{}, Authors: f.Authors, digest: digest}
	for name, c := range f.Capabilities {
		limit := func(name string) *rate.Rate {
			if c.Limits[name] == "" {
				return nil
			}
			r, _, _ := rate.Parse(c.Limits[name]) // strangeRates has found none
			return &r
		}
		share, _ := strconv.Atoi(strings.TrimSuffix(c.Limits["share"], "%"))
		m.Capabilities[name] = Capability{
			Level: c.Level, Actions: c.Actions, Repositories: c.Repositories, Authors: c.Authors,
			Limits: Limits{
				PerResource: limit("per_resource"), PerPolicy: limit("per_policy"), PerRepository: limit("per_repository"),
				PerInstallation: limit("per_installation"), Removals: limit("removals"), Share: share,
			},
		}
	}
	return m
}

// unknownActions finds the globs that match no action: most often slips, which
// would permit less than their author thinks.
func (f file) unknownActions(doc *document.Document, c Catalog) document.Findings {
	var names []string
	for _, s := range c.Specs() {
		names = append(names, s.Name)
	}
	var out document.Findings
	for name, capability := range f.Capabilities {
		for i, glob := range capability.Actions {
			if matchesAny(glob, names) {
				continue
			}
			p := doc.Find([]string{"capabilities", name, "actions", strconv.Itoa(i)})
			out = append(out, document.Finding{File: File, Line: p.Line, Column: p.Column, Message: fmt.Sprintf("no action is called %q", glob), Hint: closest(glob, names)})
		}
	}
	return out
}

// strangeRates finds what the schema cannot tell: rates that bound nothing.
func (f file) strangeRates(doc *document.Document) document.Findings {
	var out document.Findings
	for name, capability := range f.Capabilities {
		for limit, text := range capability.Limits {
			if limit == "share" {
				continue
			}
			if _, message, hint := rate.Parse(text); message != "" {
				p := doc.Find([]string{"capabilities", name, "limits", limit})
				out = append(out, document.Finding{File: File, Line: p.Line, Column: p.Column, Message: fmt.Sprintf("%s is %q: %s", limit, text, message), Hint: hint})
			}
		}
	}
	return out
}

func matchesAny(glob string, names []string) bool {
	for _, n := range names {
		if permits([]string{glob}, n) {
			return true
		}
	}
	return false
}
