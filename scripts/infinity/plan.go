package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/document/suggest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// defaultExamples is how many changes of each policy are shown.
const defaultExamples = 3

type planCmd struct {
	folderFlag
	Since    string `help:"Over the events not older than this: 2h, 3d; they are kept for 30 days." default:"30d"`
	Policy   string `help:"Tell of this policy only."`
	Limit    int    `help:"Look at no more than this many events, the newest."`
	Examples int    `help:"How many changes of each policy to show." default:"${examples}"`
	ExitCode bool   `help:"Exit with 3 if anything changes."`
	JSON     bool   `help:"Print the report as JSON." name:"json"`
}

// Run sends the working tree's policies to the gateway, which runs them over
// the events it has on record, and prints what would change.
func (c *planCmd) Run(ctx context.Context, a *app) error {
	files, set, err := c.load(a)
	if err != nil {
		return err
	}
	sent, err := planned(files)
	if err != nil {
		return fmt.Errorf("read the files in %s: %w", c.Dir, err)
	}
	if len(set.Policies()) == 0 {
		return fault.New(fault.NotFound, "there are no policies in %s; name the folder that holds policies/ with --dir", c.shown(""))
	}
	total := len(set.Policies())
	what := counted(total, "policy", "policies") + " of " + c.shown("")
	if c.Policy != "" {
		total, what = 1, "Policy "+c.Policy+" of "+c.shown("")
	}
	var names []string
	for _, p := range set.Policies() {
		names = append(names, p.Name)
	}
	return (&backtestRun{
		names: names,
		total: total, files: sent, since: c.Since, policy: c.Policy, limit: c.Limit, examples: c.Examples, exitCode: c.ExitCode, json: c.JSON,
		what: what,
	}).run(ctx, a)
}

// planFile is a file as POST /v1/policies/plan takes it.
type planFile struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// planned returns what of the folder decides: its YAML files but the fixtures.
func planned(files fs.FS) ([]planFile, error) {
	var out []planFile
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch ext := path.Ext(name); {
		case err != nil:
			return err
		case entry.IsDir() && name == "fixtures":
			return fs.SkipDir
		case entry.IsDir() || ext != ".yaml" && ext != ".yml":
			return nil
		}
		text, err := fs.ReadFile(files, name)
		out = append(out, planFile{Path: name, Text: string(text)})
		return err
	})
	return out, err
}

// backtestRun is one back-test as a user asked for it.
type backtestRun struct {
	files           []planFile // none: the policies in force
	names           []string   // of those policies
	what            string     // which policies, for people
	total           int        // as in planView
	since, policy   string
	limit, examples int
	exitCode, json  bool
}

// errChanged is what --exit-code tells.
var errChanged = errors.New("something would change")

func (r *backtestRun) run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	from, err := since(a.clock.Now(), r.since)
	if err != nil {
		return err
	}
	if r.limit < 0 || r.examples < 0 {
		return usageError{errors.New("--limit and --examples are numbers from 0")}
	}
	body := map[string]any{"files": r.files, "since": from.Format(time.RFC3339Nano), "policy": r.policy, "examples": r.examples}
	if r.limit > 0 {
		body["limit"] = r.limit
	}
	if r.files == nil {
		delete(body, "files")
	}
	line := newProgressLine(a.stderr)
	var report *backtest.Report
	for data, err := range gateway.PostStream(ctx, "/v1/policies/plan", body) {
		if report, err = message(data, err, line); err != nil {
			line.clear()
			return err
		}
		if report != nil {
			break
		}
	}
	line.clear()
	if report == nil { // Ctrl-C
		_, err := fmt.Fprintln(a.stderr, "infinity: stopped; nothing was found out")
		return errors.Join(err, errSaid)
	}
	return r.print(a, *report)
}

// message reads one message of the stream.
func message(data []byte, err error, line *progressLine) (*backtest.Report, error) {
	if err != nil {
		return nil, err
	}
	var m struct {
		Progress *backtest.Progress       `json:"progress"`
		Report   *backtest.Report         `json:"report"`
		Problem  *struct{ Detail string } `json:"problem"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("the gateway sent what this version cannot read: %w", err)
	}
	switch {
	case m.Problem != nil:
		return nil, errors.New(m.Problem.Detail)
	case m.Progress != nil:
		line.show(fmt.Sprintf("%d events, %d%%", m.Progress.Events, int(100*m.Progress.Share)))
	}
	return m.Report, nil
}

func (r *backtestRun) print(a *app, report backtest.Report) error {
	if r.policy != "" && len(report.Policies) == 0 && !slices.Contains(r.names, r.policy) { // it may be one that was taken out
		message := fmt.Sprintf("there is no policy %q, and none of that name answered then", r.policy)
		if hint := suggest.Closest(r.policy, r.names); hint != "" {
			message += "; " + hint
		}
		return fault.New(fault.NotFound, "%s", message)
	}
	if r.json {
		if err := a.jsonLine(report); err != nil {
			return err
		}
	} else if err := a.printf("%s", (&planView{paint: a.paint, typed: a.typed, what: r.what, total: r.total}).draw(report)); err != nil {
		return err
	}
	if r.exitCode && !report.Same() {
		return errChanged
	}
	return nil
}
