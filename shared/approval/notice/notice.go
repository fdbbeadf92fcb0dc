// Package notice writes to people, on GitHub, what they are asked: as a comment
// on the issue or pull request that it is about, where approvals.yaml says so.
// Making the comment is shared/execution's, as of any effect; taking the answer
// is functions/answer's.
package notice

import (
	"encoding/json"
	"fmt"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/action"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
)

// Config is approvals.yaml as it is in force; nil if there is none.
type Config interface{ Current() *approval.Config }

// Comments tells people by comments.
type Comments struct {
	Config  Config
	Actions *action.Registry
}

// actions are the comments that can be made, by the kind of what x changes.
var actions = map[string]string{"issue": "github.issue.comment", "pull_request": "github.pull_request.comment"}

// Telling implements execution.Telling. What is about no issue or pull request
// is told by no comment: there is none to write it under.
func (c Comments) Telling(x execution.Execution, q approval.Approval, reminder bool) (*execution.Execution, error) {
	config, name := c.Config.Current(), actions[x.Target.Kind]
	if name == "" || config.Tells(q) != approval.TellComment {
		return nil, nil //nolint:nilnil // as execution.Telling says
	}
	act, err := c.Actions.Lookup(name)
	if err != nil {
		return nil, err
	}
	args, err := json.Marshal(map[string]string{"body": Text(q, config, q.AskedAt.Add(x.Window), reminder)})
	if err != nil {
		return nil, fmt.Errorf("write a comment on %s: %w", x.Resource, err)
	}
	target := x.Target
	target.SHA, target.AsOf = "", ""
	if _, err := act.Key(target, args); err != nil { // checks args
		return nil, err
	}
	effect := q.ID
	if reminder {
		effect += " reminder"
	}
	spec := act.Spec()
	return &execution.Execution{
		ID: execution.EffectKey(name, target, effect), Action: name, Class: spec.Class, Reversible: spec.Reversible,
		Target: target, Args: args, Agent: x.Agent, Causes: x.Causes, Trust: x.Trust,
		Hop: decision.MaxHop, // no policy answers it
	}, nil
}
