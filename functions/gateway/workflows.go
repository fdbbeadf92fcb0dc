package gateway

import (
	"context"
	"net/http"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
)

// Reverts takes a person's wish that something done be undone.
type Reverts interface {
	Revert(ctx context.Context, id, by, reason string) (execution.Execution, error)
	// Wake queues what is to be done next because of x.
	Wake(ctx context.Context, tasks task.Enqueuer, x execution.Execution) error
}

func (a *api) workflows() {
	type input struct {
		Watchable
		Repository string `query:"repository"`
		State      string `query:"state" enum:"planned,running,compensating,done,undone,stuck"`
		Policy     string `query:"policy"`
		Decision   string `query:"decision"`
	}
	listRoute(a, "/v1/workflows", "List workflows: plans of several steps", func(in *input) (listing[execution.Workflow], bool) {
		return listing[execution.Workflow]{
			collection: execution.Workflows, created: "created_at", changed: "updated_at", Paging: in.Paging,
			where: equal("repository", in.Repository, "state", in.State, "policy", in.Policy, "decision_id", in.Decision),
		}, in.Watch
	})
	route(a, http.MethodGet, "/v1/workflows/{id}", "Read a workflow: its steps, what stands and what was undone", func(ctx context.Context, in *ByID) (*one[execution.Workflow], error) {
		w, err := find[execution.Workflow](ctx, a.d.Store, execution.Workflows, "workflow", in.ID)
		return &one[execution.Workflow]{w}, err
	})
	type revert struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
	route(a, http.MethodPost, "/v1/executions/{id}/revert", "Undo what an execution did, with the other steps of its workflow; takes the whole id", func(ctx context.Context, in *revert) (*one[execution.Execution], error) {
		x, err := a.d.Reverts.Revert(ctx, in.ID, auth.From(ctx).Actor(), in.Body.Reason)
		if err == nil {
			err = a.d.Reverts.Wake(ctx, a.d.Tasks, x)
		}
		return &one[execution.Execution]{x}, err
	})
}
