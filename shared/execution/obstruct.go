package execution

import (
	"context"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Obstruct ends x, which o stands in the way of, and calls a person. The intent
// becomes x's: one whose effect may have begun is not blocked but in doubt.
func (m *Machine) Obstruct(ctx context.Context, x Execution, o *action.Obstacle) (Execution, error) {
	return m.apply(ctx, x.ID, change{actor: ActorExecute, fn: func(ctx context.Context, tx store.Tx, now *Execution, at time.Time) (string, error) {
		if now.State == Waiting && now.Round != x.Round {
			return "", nil // people were asked meanwhile
		}
		if now.State != Waiting {
			if err := checkHeld(now, x); err != nil {
				return "", err
			}
		}
		p := page.Page{Kind: o.Kind, Severity: page.Critical, Subject: o.Subject, Summary: o.Summary + ".", Do: o.Do}
		if err := page.Raise(ctx, tx, p, ActorExecute, at); err != nil {
			return "", err
		}
		if now.State == Waiting {
			if err := endQuestion(ctx, tx, now, approval.Withdrawn, ActorExecute, at); err != nil {
				return "", err
			}
			return "execution.blocked", now.move(Blocked, o.Summary)
		}
		now.Intent = x.Intent
		return m.refuse(now, o.Summary)
	}})
}
