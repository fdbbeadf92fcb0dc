package policy

import "io/fs"

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
