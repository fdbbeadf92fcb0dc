// Package desk takes people's answers from the channels: it finds out whose an
// answer is, has it counted in the execution's transaction, and records what it
// had to refuse. It serves no route: that is the channels' concern.
package desk

import (
	"context"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/clock"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Machine moves executions; *execution.Machine is one.
type Machine interface {
	Answer(ctx context.Context, id string, a approval.Answer, check execution.Check) (execution.Execution, error)
	Asked(ctx context.Context, id string) (execution.Execution, approval.Approval, error)
}

// Config is approvals.yaml as it is in force; nil if there is none.
type Config interface{ Current() *approval.Config }

// Desk takes answers.
type Desk struct {
	Machine Machine
	Config  Config
	Store   store.Store
	Tasks   task.Enqueuer
	Clock   clock.Clock
	Links   Signer // nil where no links are made or followed
}

// Answer counts a, or says why not: fault.Forbidden, which is recorded, or
// fault.Conflict, which names who was first.
func (d *Desk) Answer(ctx context.Context, id string, a approval.Answer) (execution.Execution, error) {
	x, err := d.Machine.Answer(ctx, id, a, d.Config.Current().Check)
	if fault.Is(err, fault.Forbidden) {
		if recorded := d.refused(ctx, id, a, err); recorded != nil {
			return x, recorded
		}
	}
	if err != nil || x.State.Terminal() && x.WorkflowID == "" {
		return x, err
	}
	return x, execution.Enqueue(ctx, d.Tasks, x, x.Due())
}

// refused records an answer that did not count: a refusal that nobody sees
// invites the next try.
func (d *Desk) refused(ctx context.Context, id string, a approval.Answer, why error) error {
	reason, _ := fault.Public(why)
	err := d.Store.Run(ctx, func(_ context.Context, tx store.Tx) error {
		return audit.Write(tx, audit.Record{
			At: d.Clock.Now(), Actor: a.By, Verb: "approval.refused", Subject: execution.Collection + "/" + id, Reason: reason,
			Details: map[string]string{"channel": string(a.Channel), "wanted": string(a.Verb)}, Retention: "security",
		})
	})
	if err != nil {
		return fmt.Errorf("record the refused answer to %s: %w", id, err)
	}
	return nil
}
