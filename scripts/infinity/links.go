package main

import (
	"context"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
)

type approvalsLinkCmd struct {
	Execution string `arg:"" help:"Id of the execution, or the beginning of it."`
	For       string `help:"Person of approvals.yaml whose answer it will be. Give the link to nobody else." required:"" placeholder:"PERSON"`
	Reject    bool   `help:"The link refuses or vetoes instead of approving." aliases:"veto"`
}

// Run makes a link.
func (c *approvalsLinkCmd) Run(ctx context.Context, a *app) error {
	e, err := a.endpoint()
	if err != nil {
		return err
	}
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	id, err := fullID(ctx, a, "/v1/executions/", c.Execution)
	if err != nil {
		return err
	}
	body := map[string]any{"person": c.For, "verb": approval.Approve}
	if c.Reject {
		body["verb"] = approval.Reject
	}
	var made struct {
		Path  string    `json:"path"`
		Until time.Time `json:"until"`
	}
	if err := gateway.Post(ctx, "/v1/executions/"+segment(id)+"/links", body, &made); err != nil {
		return err
	}
	return a.printf("%s%s\nFor %s only; good once, until %s.\n", e.Gateway, made.Path, c.For, made.Until.Local().Format("15:04"))
}
