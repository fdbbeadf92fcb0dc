package approval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/document"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
)

// File is the file within .infinity that says who may answer.
const File = "approvals.yaml"

// Config is approvals.yaml.
type Config struct {
	People map[string]Person   `json:"people"`
	Teams  map[string][]string `json:"teams"` // names of people
	Rules  []Rule              `json:"rules"` // the first that fits decides; without one, nobody may approve
}

// Person is a human with all the identities that belong to them. What is not
// linked here is taken for somebody else: link all of them.
type Person struct {
	GitHub []string `json:"github"` // logins, better "login#id": a login can be given up and taken by another
	Keys   []string `json:"keys"`   // names of API keys
	Emails []string `json:"emails"`
}

// Rule says who may approve what. Empty Policies, Capabilities or Repositories
// are all of them; an empty By is nobody.
type Rule struct {
	Policies     []string `json:"policies"`     // globs
	Capabilities []string `json:"capabilities"` //
	Repositories []string `json:"repositories"` // globs of "owner/name"
	By           []string `json:"by"`           // people and teams
	Count        int      `json:"count"`        // different people who must approve; 0 means 1
	Tell         string   `json:"tell"`         // TellComment, or "": nobody is told but by lists and the command line
}

// TellComment has people told by a comment on the issue or pull request.
const TellComment = "comment"

// Load reads approvals.yaml of fsys, .infinity's root; without the file it
// returns nil. What is wrong with it is document.Findings.
func Load(fsys fs.FS) (*Config, error) {
	schema, err := document.Compile([]byte(schema))
	if err != nil {
		return nil, err //nolint:wrapcheck // says what was done
	}
	doc, findings, err := document.Read(fsys, File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // a Config that is nil is a Config: see Check
	case err != nil:
		return nil, err //nolint:wrapcheck // says what was done
	case findings != nil:
		return nil, findings
	}
	if err := schema.Validate(doc.Value); err != nil {
		return nil, doc.Explain(File, err, words).Sorted()
	}
	text, err := json.Marshal(doc.Value)
	if err != nil {
		return nil, fmt.Errorf("write %s as JSON: %w", File, err)
	}
	c := &Config{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, document.Findings{{File: File, Line: 1, Column: 1, Message: err.Error()}}
	}
	if findings := c.mistakes(doc); findings != nil {
		return nil, findings.Sorted()
	}
	return c, nil
}

// mistakes finds what the schema cannot tell: names of nobody, and identities
// of two people.
func (c *Config) mistakes(doc *document.Document) document.Findings {
	var out document.Findings
	find := func(path []string, message, hint string) {
		p := doc.Find(path)
		out = append(out, document.Finding{File: File, Line: p.Line, Column: p.Column, Message: message, Hint: hint})
	}
	people := slices.Sorted(maps.Keys(c.People))
	known := append(slices.Sorted(maps.Keys(c.Teams)), people...)
	for team, members := range c.Teams {
		for i, name := range members {
			if _, ok := c.People[name]; !ok {
				find([]string{"teams", team, fmt.Sprint(i)}, fmt.Sprintf("%q is nobody under people", name), suggest.Closest(name, people))
			}
		}
	}
	for i, r := range c.Rules {
		for j, name := range r.By {
			if !slices.Contains(known, name) {
				find([]string{"rules", fmt.Sprint(i), "by", fmt.Sprint(j)}, fmt.Sprintf("%q is neither a person nor a team", name), suggest.Closest(name, known))
			}
		}
	}
	owner := map[string]string{}
	for _, name := range people {
		for _, id := range c.People[name].identities() {
			if other, taken := owner[id]; taken {
				find([]string{"people", name}, fmt.Sprintf("%s belongs to %s already", id, other), "an identity is one human's")
			}
			owner[id] = name
		}
	}
	return out
}

func (p Person) identities() []string {
	var ids []string
	for _, g := range p.GitHub {
		ids = append(ids, "github:"+strings.ToLower(login(g)))
	}
	for _, k := range p.Keys {
		ids = append(ids, "key:"+k)
	}
	for _, e := range p.Emails {
		ids = append(ids, "email:"+strings.ToLower(e))
	}
	return ids
}

// schema is the JSON Schema (2020-12) of approvals.yaml.
const schema = `{
"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Who may answer","type":"object","additionalProperties":false,
"required":["people","rules"],
"$defs":{"names":{"type":"array","items":{"type":"string","minLength":1,"maxLength":200},"maxItems":200,"uniqueItems":true}},
"properties":{
"people":{"type":"object","propertyNames":{"pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"},"additionalProperties":{"type":"object","additionalProperties":false,
 "properties":{"github":{"type":"array","maxItems":200,"uniqueItems":true,
  "items":{"type":"string","maxLength":200,"pattern":"^[A-Za-z0-9][A-Za-z0-9_-]*(#[1-9][0-9]*)?$"}},"keys":{"$ref":"#/$defs/names"},"emails":{"$ref":"#/$defs/names"}}}},
"teams":{"type":"object","propertyNames":{"pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"},"additionalProperties":{"$ref":"#/$defs/names"}},
"rules":{"type":"array","maxItems":200,"items":{"type":"object","additionalProperties":false,"required":["by"],
 "properties":{"policies":{"$ref":"#/$defs/names"},"capabilities":{"$ref":"#/$defs/names"},"repositories":{"$ref":"#/$defs/names"},
 "by":{"$ref":"#/$defs/names"},"count":{"type":"integer","minimum":1,"maximum":10},"tell":{"enum":["comment"]}}}}}}`
