package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/erasure"
)

type auditEraseCmd struct {
	Actor  string `arg:"" help:"As the records have them: github:login, key:name or link:person."`
	Reason string `required:"" help:"Kept; do not name the person."`
}

// Run erases.
func (c *auditEraseCmd) Run(ctx context.Context, a *app) error {
	gateway, err := a.gateway()
	if err != nil {
		return err
	}
	line := newProgressLine(a.stderr)
	total, cursor := erasure.Erasure{Erased: map[string]int{}, Left: map[string]int{}}, ""
	for more := true; more; more = cursor != "" {
		var r erasure.Erasure
		if err := gateway.Post(ctx, "/v1/audit/erase", map[string]string{"actor": c.Actor, "reason": c.Reason, "cursor": cursor}, &r); err != nil {
			line.clear()
			return stopped(err)
		}
		for kind, n := range r.Erased {
			total.Erased[kind] += n
		}
		for kind, n := range r.Left {
			total.Left[kind] += n
		}
		cursor = r.Next
		line.show("erasing; so far from " + kinds(total.Erased))
	}
	line.clear()
	if err := a.printf("Erased from %s. The log verifies as before. GitHub, backups and approvals.yaml are not touched.\n", kinds(total.Erased)); err != nil {
		return err
	}
	if len(total.Left) == 0 {
		return nil
	}
	return a.printf("Left, since it is still needed: %s. docs/playbooks/forget.md says what to do; then erase again.\n", kinds(total.Left))
}

// kinds lists counts: "2 decisions, 31 records".
func kinds(counts map[string]int) string {
	if len(counts) == 0 {
		return "nothing"
	}
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%d %s", counts[kind], kind))
	}
	return strings.Join(all, ", ")
}
