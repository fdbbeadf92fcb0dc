package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/InfinityXOneSystems/infinity-matrix/emulators/github/payloads"
	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	actiongithub "github.com/InfinityXOneSystems/infinity-matrix/shared/action/github"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/autonomy"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

type policyCmd struct {
	Validate validateCmd `cmd:"" help:"Find every mistake, with its file, line and column."`
	Test     testCmd     `cmd:"" help:"Run the fixtures: recorded events with the decisions expected on them."`
	Plan     planCmd     `cmd:"" help:"Run them over the events on record, and say what would change."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON Schema of a policy file, or of autonomy.yaml, for editors."`
}

// folderFlag says where the policies are.
type folderFlag struct {
	Dir string `help:"Folder that holds policies/ and fixtures/." default:".infinity" aliases:"policies" type:"path"`
}

// catalog returns what policies may do; nothing of it is called.
func catalog() (policy.Catalog, error) { return action.NewRegistry(actiongithub.New(nil)...) }

// load reads the policies and prints what is wrong with them.
func (f folderFlag) load(a *app) (fs.FS, *policy.Set, error) {
	if info, err := os.Stat(f.Dir); err != nil || !info.IsDir() {
		return nil, nil, fault.Wrap(fault.NotFound, err, "there is no folder %s; name yours with --dir", f.Dir)
	}
	actions, err := catalog()
	if err != nil {
		return nil, nil, err
	}
	files := os.DirFS(f.Dir)
	set, err := policy.Load(files, actions)
	if findings, ok := errors.AsType[policy.Findings](err); ok {
		return nil, nil, errors.Join(f.report(a, findings), errSaid)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the policies in %s: %w", f.Dir, err)
	}
	return files, set, nil
}

// report prints findings with paths that the user's editor can open.
func (f folderFlag) report(a *app, findings policy.Findings) error {
	for _, x := range findings {
		x.File = f.shown(x.File)
		if _, err := fmt.Fprintln(a.stderr, cleanLines(x.String())); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stderr, "%s in %s; what they are in is not in force until they are mended\n", count(len(findings), "mistake"), f.shown(""))
	return err
}

// shown is a file of the folder as seen from where the user is.
func (f folderFlag) shown(file string) string {
	path := filepath.Join(f.Dir, filepath.FromSlash(file))
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(rel, "..") {
			return rel
		}
	}
	return path
}

type validateCmd struct{ folderFlag }

// Run validates.
func (c *validateCmd) Run(a *app) error {
	dir, set, err := c.load(a)
	if err != nil {
		return err
	}
	_, err = autonomy.Load(dir, set)
	if findings, ok := errors.AsType[policy.Findings](err); ok {
		return errors.Join(c.report(a, findings), errSaid)
	}
	if err != nil {
		return fmt.Errorf("read what is trusted in %s: %w", c.Dir, err)
	}
	_, err = approval.Load(dir)
	if findings, ok := errors.AsType[policy.Findings](err); ok {
		return errors.Join(c.report(a, findings), errSaid)
	}
	if err != nil {
		return fmt.Errorf("read who may answer in %s: %w", c.Dir, err)
	}
	files, types := map[string]bool{}, map[string]bool{}
	for _, p := range set.Policies() {
		files[p.File] = true
		for _, t := range p.On {
			types[t] = true
		}
	}
	return a.printf("%s in %s on %s: no mistakes\n", counted(len(set.Policies()), "policy", "policies"),
		count(len(files), "file"), count(len(types), "event type"))
}

type testCmd struct{ folderFlag }

// Run runs the fixtures.
func (c *testCmd) Run(a *app) error {
	files, set, err := c.load(a)
	if err != nil {
		return err
	}
	results, err := policy.RunFixtures(files, set, payload)
	if findings, ok := errors.AsType[policy.Findings](err); ok {
		return errors.Join(c.report(a, findings), errSaid)
	}
	if err != nil {
		return fmt.Errorf("run the fixtures in %s: %w", c.Dir, err)
	}
	if len(results) == 0 {
		return fault.New(fault.NotFound, "there are no fixtures in %s; write what you expect into fixtures/*.yaml", c.shown("fixtures"))
	}
	failed, width := 0, 0
	for _, r := range results {
		width = min(max(width, utf8.RuneCountInString(r.Name)), maxName)
	}
	for _, r := range results {
		if err := c.result(a, r, width); err != nil {
			return err
		}
		if len(r.Failures) > 0 {
			failed++
		}
	}
	if err := a.printf("%s, %d failed\n", count(len(results), "fixture"), failed); err != nil {
		return err
	}
	if failed > 0 {
		return errSaid
	}
	return nil
}

// maxName is the width from which on a long name moves only its own place.
const maxName = 70

func (c *testCmd) result(a *app, r policy.FixtureResult, width int) error {
	verdict := a.paint.As(view.Green, "ok    ")
	if len(r.Failures) > 0 {
		verdict = a.paint.As(view.Red, "failed")
	}
	if err := a.printf("%s  %-*s  %s\n", verdict, width, view.Clean(r.Name), a.paint.As(view.Dim, fmt.Sprintf("%s:%d", c.shown(r.File), r.Line))); err != nil {
		return err
	}
	for _, f := range r.Failures {
		if err := a.printf("%s\n", view.Indent(cleanLines(f), "        ")); err != nil {
			return err
		}
	}
	return nil
}

type schemaCmd struct {
	Of string `help:"Of which file: ${enum}." enum:"policies,autonomy" default:"policies"`
}

// Run prints the schema.
func (c *schemaCmd) Run(a *app) error {
	actions, err := catalog()
	if err != nil {
		return err
	}
	schema := policy.Schema
	if c.Of == "autonomy" {
		schema = func(c policy.Catalog) ([]byte, error) { return autonomy.Schema(c) }
	}
	text, err := schema(actions)
	if err != nil {
		return err
	}
	return a.printf("%s\n", strings.TrimRight(string(text), "\n"))
}

// payload returns a recorded webhook body by its name.
func payload(name string) ([]byte, error) {
	all, err := payloads.All()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Name() == name {
			return p.Body, nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is no recorded payload %q; names are like issues.opened#0", name)
}

func count(n int, noun string) string { return counted(n, noun, noun+"s") }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// cleanLines cleans text that may have several lines.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = view.Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}
