package decision

import (
	"errors"
	"fmt"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Settle returns d with the executions only whose effect nobody wanted before,
// and says on the others' proposals what became of them. known returns the
// execution of an id, or store.ErrNotFound. d stays as it is, so that a
// transaction that is tried again starts afresh.
func (d Draft) Settle(known func(id string) (execution.Execution, error)) (Draft, error) {
	wanted := d.Executions
	d.Executions, d.Decision.Proposals = nil, slices.Clone(d.Decision.Proposals)
	for _, x := range wanted {
		old, err := known(x.ID)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && old.State == execution.Planned && x.State != execution.Planned:
			d.Executions = append(d.Executions, x) // what was only recorded does not stand in the way
		case err != nil:
			return Draft{}, err
		default:
			d.note(x.ID, fmt.Sprintf("decision %s wanted the same effect before; it is %s", old.DecisionID, old.State))
		}
	}
	return d, nil
}

// note says on the proposals of execution id why they make none.
func (d *Draft) note(id, text string) {
	for i := range d.Decision.Proposals {
		if p := &d.Decision.Proposals[i]; p.ExecutionID == id && p.Note == "" {
			p.Note = text
		}
	}
}
