package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/control"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

func (a *api) executions() {
	type input struct {
		Watchable
		Repository string `query:"repository"`
		State      string `query:"state" enum:"planned,waiting,ready,running,verifying,succeeded,failed,rejected,expired,superseded,blocked,uncertain,reverting,reverted,revert_failed"`
		Policy     string `query:"policy"`
		Category   string `query:"category" enum:"Record,Manual,Alert,Automatic"`
		Decision   string `query:"decision"`
	}
	listRoute(a, "/v1/executions", "List executions", func(in *input) (listing[execution.Execution], bool) {
		return listing[execution.Execution]{
			collection: execution.Collection, created: "created_at", changed: "updated_at", Paging: in.Paging,
			where: equal("repository", in.Repository, "state", in.State, "policy", in.Policy, "category", in.Category, "decision_id", in.Decision),
		}, in.Watch
	})
	route(a, http.MethodGet, "/v1/executions/{id}", "Read an execution", func(ctx context.Context, in *ByID) (*one[execution.Execution], error) {
		x, err := find[execution.Execution](ctx, a.d.Store, execution.Collection, "execution", in.ID)
		return &one[execution.Execution]{x}, err
	})
	type approval struct {
		ByID
		Body struct {
			Note string `json:"note,omitempty" maxLength:"1000"`
		}
	}
	route(a, http.MethodPost, "/v1/executions/{id}/approve", "Let a waiting execution run; takes the whole id", func(ctx context.Context, in *approval) (*one[execution.Execution], error) {
		x, err := a.d.Answers.Approve(ctx, in.ID, auth.From(ctx).Actor(), in.Body.Note)
		if err == nil {
			err = execution.Enqueue(ctx, a.d.Tasks, x, x.Due())
		}
		return &one[execution.Execution]{x}, err
	})
	type refusal struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
	route(a, http.MethodPost, "/v1/executions/{id}/reject", "End a waiting execution: refuse it, or veto it; takes the whole id", func(ctx context.Context, in *refusal) (*one[execution.Execution], error) {
		x, err := a.d.Answers.Reject(ctx, in.ID, auth.From(ctx).Actor(), in.Body.Reason)
		return &one[execution.Execution]{x}, err
	})
}

func (a *api) freezes() {
	type input struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Cursor string `query:"cursor" maxLength:"2048"`
	}
	route(a, http.MethodGet, "/v1/freezes", "List the freezes in force", func(ctx context.Context, in *input) (*one[Page[control.Freeze]], error) {
		items, next, err := a.d.Controls.List(ctx, in.Limit, in.Cursor)
		return &one[Page[control.Freeze]]{Page[control.Freeze]{Items: items, Next: next}}, err
	})
	type freeze struct {
		Body struct {
			Scope  string `json:"scope" minLength:"1" maxLength:"300" doc:"global, repository:owner/name, policy:name, capability:name, agent:name or resource:owner/name issue 12"`
			Reason string `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
	route(a, http.MethodPost, "/v1/freezes", "Freeze a scope: nothing in it is begun any more", func(ctx context.Context, in *freeze) (*one[control.Freeze], error) {
		f, err := a.d.Controls.Set(ctx, in.Body.Scope, auth.From(ctx).Actor(), in.Body.Reason)
		return &one[control.Freeze]{f}, err
	})
	type lift struct {
		Scope string `query:"scope" required:"true" minLength:"1" maxLength:"300"`
	}
	route(a, http.MethodDelete, "/v1/freezes", "Lift the freeze of a scope", func(ctx context.Context, in *lift) (*struct{}, error) {
		return nil, a.d.Controls.Lift(ctx, in.Scope, auth.From(ctx).Actor())
	}, func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent })
}

// alive reads one document that need not exist.
func (a *api) alive(ctx context.Context) error {
	_, err := a.d.Store.Get(ctx, store.Key{Collection: control.Collection, ID: control.Global})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fault.Wrap(fault.Unavailable, fmt.Errorf("read the store: %w", err), "the store does not answer")
	}
	return nil
}

// schemaOf puts T's schema into the description and returns a reference to it.
func schemaOf[T any](a *api) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}
