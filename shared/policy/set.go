package policy

import (
	"fmt"
	"io/fs"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
)

// Set is a compiled and indexed set of policies.
type Set struct{ policies []*Policy }

// Load reads policies/*.yaml of fsys, .infinity's root. The error is Findings;
// with any finding there is no set.
func Load(fs.FS, Catalog) (*Set, error) { return &Set{}, nil }

// Digest returns the hex SHA-256 of the policies in their canonical form.
func (s *Set) Digest() string { return "" }

// Policies returns the policies by file and position; callers must not change
// them.
func (s *Set) Policies() []*Policy { return s.policies }

// Match returns the policies that in matches, by file and position.
func (s *Set) Match(*Input) []Match { return nil }

// Explain says why the named policy matches in or does not.
func (s *Set) Explain(_ *Input, name string) (Explanation, error) {
	return Explanation{}, fmt.Errorf("there is no policy %q", name)
}

// Schema returns the JSON Schema (2020-12) of a policy file, for editors.
func Schema(Catalog) ([]byte, error) { return []byte("{}"), nil }

// Input is one event as conditions read it.
type Input struct{}

// NewInput returns e as conditions read it; e.Data is its body.
func NewInput(event.Event) (*Input, error) { return &Input{}, nil }

// String returns the text at a dotted path of the body: "issue.user.login".
func (in *Input) String(string) (string, bool) { return "", false }

// Int returns the whole number at a dotted path of the body: "issue.number",
// "check_run.pull_requests.0.number".
func (in *Input) Int(string) (int64, bool) { return 0, false }

// FixtureResult is what one fixture gave.
type FixtureResult struct {
	Name     string   `json:"name"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Failures []string `json:"failures,omitempty"` // one sentence each; none if it passed
}

// RunFixtures runs fixtures/*.yaml of fsys against s. payload returns a
// recorded webhook body by its name ("workflow_run.completed#0").
func RunFixtures(fs.FS, *Set, func(name string) ([]byte, error)) ([]FixtureResult, error) {
	return nil, nil
}
