package main_test

import (
	"context"
	"io/fs"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// planner reports a change where the policies speak of one, and none otherwise.
type planner struct{}

func (planner) Backtest(_ context.Context, files fs.FS, r backtest.Request, progress func(backtest.Progress)) (backtest.Report, error) {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	if r.Event != "" {
		return shadow(r.Event, since), nil
	}
	if strings.HasPrefix(r.Policy, "nob") { // that matched nothing
		return backtest.Report{Since: since, Events: 41, Policies: []backtest.PolicyReport{}}, nil
	}
	progress(backtest.Progress{Events: 40, Share: 0.5})
	report := backtest.Report{Since: since, Events: 41, Duplicates: 2, BodiesGone: 1, Policies: []backtest.PolicyReport{
		{Policy: "label-bugs", Then: 4, Now: 4, Runs: 3, Doubled: 1},
	}}
	if files == nil {
		report.Policies[0].Refused = 2
		return report, nil
	}
	text, err := fs.ReadFile(files, "policies/ci.yaml")
	switch {
	case err != nil:
		return report, err
	case strings.Contains(string(text), "too-slow"):
		return report, fault.New(fault.Exhausted, "the back-test was ended after 5m0s; look at fewer events (--since, --limit)")
	case !strings.Contains(string(text), "L4"):
		return report, nil
	}
	report.Changed = 6
	report.Policies = append(report.Policies, backtest.PolicyReport{
		Policy: "again", Then: 39, Now: 43, Runs: 37, Stopped: 6, Agreed: 35, Disagreed: 1,
		Changes: map[backtest.Kind]int{backtest.New: 5, backtest.Gone: 1},
		Examples: []backtest.Example{{
			Event: "vrun00000000000", Type: "com.github.workflow_run.completed", Resource: "octo/hello workflow_run 1\x1b[2J", Kind: backtest.New,
			Then: "no match", Now: "L4 Alert github.workflow.rerun_failed_jobs", Opinion: backtest.Agreed,
		}},
	})
	return report, nil
}

// shadow is what would become of one event that came now.
func shadow(id string, at time.Time) backtest.Report {
	return backtest.Report{Since: at, Until: at, Events: 1, Changed: 1, Policies: []backtest.PolicyReport{
		{Policy: "greet", Then: 1, Changes: map[backtest.Kind]int{backtest.Gone: 1}, Examples: []backtest.Example{
			{Event: id, Kind: backtest.Gone, Then: "L5 Automatic github.issue.comment", Now: "no match"},
		}},
		{Policy: "label-bugs", Then: 1, Now: 1, Asks: 1, Refused: 1, Examples: []backtest.Example{
			{Event: id, Then: "L3 Manual github.issue.label", Now: "L3 Manual github.issue.label", Refused: "frozen (global) by key:local"},
		}},
	}}
}
