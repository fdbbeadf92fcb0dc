package main

import (
	"context"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/scripts/infinity/internal/view"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
)

type approvalsCmd struct {
	List approvalsListCmd `cmd:"" default:"withargs" help:"List what people are asked, and who may answer."`
	Link approvalsLinkCmd `cmd:"" help:"Make a link by which somebody answers without a key: once, within 15 minutes, to this plan only."`
}

type approvalsListCmd struct {
	listFlags
	All bool `help:"Also those that are answered or over."`
}

// waiting is a question as the gateway lists it.
type waiting struct {
	approval.Approval
	May    []string `json:"may"`
	Needed int      `json:"needed"`
}

// Run lists what people are asked.
func (c *approvalsListCmd) Run(ctx context.Context, a *app) error {
	state, own := string(approval.Pending), 1
	if c.All {
		state, own = "", 0
	}
	return list[waiting]{
		path: "/v1/approvals", empty: "Nothing waits for an answer.", own: own,
		columns: []view.Column{
			view.Col("EXECUTION", 10), view.Col("ASKS", 6), view.Col("STATE", 10), view.Col("WOULD", 32),
			view.Col("ON", 24), view.Col("MAY APPROVE", 20), view.Col("LEFT", 5),
		},
		row: func(now time.Time, q waiting) []string {
			return []string{
				view.Short(q.ExecutionID), q.Category, a.paint.State(string(q.State)), would(q.Approval), q.Resource,
				strings.Join(q.May, ", "), left(now, q.Approval),
			}
		},
	}.show(ctx, a, c.listFlags, false, filters("state", state))
}

// would says what an approval would let happen.
func would(q approval.Approval) string {
	var parts []string
	if q.Plan == nil {
		parts = append(parts, q.Action)
	} else {
		for _, e := range q.Plan.Effects {
			parts = append(parts, strings.TrimSpace(e.Verb+" "+e.After))
		}
	}
	for _, step := range q.Then {
		parts = append(parts, "then "+step.Action)
	}
	return view.Clean(strings.Join(parts, "; "))
}

// left is how much of the time to answer there is.
func left(now time.Time, q approval.Approval) string {
	if q.DueAt == nil || q.State != approval.Pending {
		return ""
	}
	return view.Age(*q.DueAt, now)
}
