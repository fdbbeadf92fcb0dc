package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/link"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Signer signs and opens links; link.Keys is one.
type Signer interface {
	Sign(ctx context.Context, l link.Link, now time.Time) (token string, signed link.Link, err error)
	Open(ctx context.Context, token string, now time.Time) (link.Link, error)
}

// Link makes a link by which person may say by.Verb to the question that the
// waiting execution id asks now. That it was made, or refused, is recorded.
func (d *Desk) Link(ctx context.Context, id, person string, by approval.Answer) (token string, l link.Link, err error) {
	x, q, err := d.Machine.Asked(ctx, id)
	if err != nil {
		return "", l, err
	}
	maker, err := d.Config.Current().MayLink(q, by, person)
	if fault.Is(err, fault.Forbidden) {
		if recorded := d.refused(ctx, id, by, err); recorded != nil {
			return "", l, recorded
		}
	}
	if err != nil {
		return "", l, err
	}
	now := d.Clock.Now()
	token, l, err = d.Links.Sign(ctx, link.Link{
		Execution: x.ID, Round: x.Round, PlanHash: x.PlanHash, Verb: by.Verb, Person: person, Maker: maker,
	}, now)
	if err != nil {
		return "", l, err
	}
	err = d.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return audit.Write(tx, audit.Record{
			At: now, Actor: by.By, Verb: "approval.link_made", Subject: execution.Collection + "/" + x.ID, Retention: "security",
			Details: map[string]string{"link": l.ID, "person": person, "wanted": string(l.Verb), "plan_hash": l.PlanHash},
		})
	})
	if err != nil {
		return "", l, fmt.Errorf("record a link to execution %s: %w", x.ID, err)
	}
	return token, l, nil
}

// Look returns what a link asks, if it could still be answered. It changes
// nothing, so that what scans mail for links may call it.
func (d *Desk) Look(ctx context.Context, token string) (link.Link, approval.Approval, error) {
	l, err := d.Links.Open(ctx, token, d.Clock.Now())
	if err != nil {
		return l, approval.Approval{}, err
	}
	x, q, err := d.Machine.Asked(ctx, l.Execution)
	if err == nil {
		err = execution.Stale(x, q, answerBy(l, ""))
	}
	return l, q, err
}

// Follow counts the answer that a link gives.
func (d *Desk) Follow(ctx context.Context, token, note string) (execution.Execution, error) {
	l, err := d.Links.Open(ctx, token, d.Clock.Now())
	if err != nil {
		return execution.Execution{}, err
	}
	return d.Answer(ctx, l.Execution, answerBy(l, note))
}

func answerBy(l link.Link, note string) approval.Answer {
	return approval.Answer{
		Verb: l.Verb, By: approval.ByLink(l.Person), Channel: approval.Link, Note: note, PlanHash: l.PlanHash, Round: l.Round,
		Link: l.ID, Maker: l.Maker, Identity: approval.Identity{Person: l.Person},
	}
}
