package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
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
	type consent struct {
		ByID
		Body struct {
			Note     string `json:"note,omitempty" maxLength:"1000"`
			PlanHash string `json:"plan_hash,omitempty" maxLength:"64" doc:"of the plan that the person saw; another plan by now is a conflict"`
		}
	}
	route(a, http.MethodPost, "/v1/executions/{id}/approve", "Let a waiting execution run; takes the whole id", func(ctx context.Context, in *consent) (*one[execution.Execution], error) {
		answer := answerOf(ctx, approval.Approve, in.Body.Note)
		answer.PlanHash = in.Body.PlanHash
		x, err := a.d.Answers.Answer(ctx, in.ID, answer)
		return &one[execution.Execution]{x}, err
	})
	type refusal struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
	route(a, http.MethodPost, "/v1/executions/{id}/reject", "End a waiting execution: refuse it, or veto it; takes the whole id", func(ctx context.Context, in *refusal) (*one[execution.Execution], error) {
		x, err := a.d.Answers.Answer(ctx, in.ID, answerOf(ctx, approval.Reject, in.Body.Reason))
		return &one[execution.Execution]{x}, err
	})
}

// answerOf is what the caller says, as the desk takes it.
func answerOf(ctx context.Context, v approval.Verb, note string) approval.Answer {
	who := auth.From(ctx)
	return approval.Answer{
		Verb: v, By: who.Actor(), Channel: approval.Gateway, Note: note,
		Identity: approval.Identity{Key: who.Name, Admin: who.Role == auth.Admin, Bot: who.Role == auth.Service},
	}
}

// Waiting is a question with those who may answer it.
type Waiting struct {
	approval.Approval
	May    []string `json:"may"`    // people who may approve
	Needed int      `json:"needed"` // how many of them must
}

func (a *api) approvals() {
	type input struct {
		Paging
		State     string `query:"state" enum:"pending,approved,rejected,expired,unopposed,superseded,withdrawn"`
		Execution string `query:"execution"`
	}
	route(a, http.MethodGet, "/v1/approvals", "List what people are and were asked, and who may answer", func(ctx context.Context, in *input) (*one[*Page[Waiting]], error) {
		page, err := listing[approval.Approval]{
			collection: approval.Collection, created: "asked_at", Paging: in.Paging,
			where: equal("state", in.State, "execution_id", in.Execution),
		}.page(ctx, a.d.Store, a.schema)
		if err != nil {
			return nil, err
		}
		out := &Page[Waiting]{Items: []Waiting{}, Next: page.Next}
		for _, q := range page.Items {
			may, needed := a.d.Approvers.Current().May(q)
			out.Items = append(out.Items, Waiting{Approval: q, May: may, Needed: needed})
		}
		return &one[*Page[Waiting]]{out}, nil
	})
}

// Frozen is a freeze that was set.
type Frozen struct {
	control.Freeze
	Note string `json:"note,omitempty" doc:"why it may not be what was meant"`
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
	route(a, http.MethodPost, "/v1/freezes", "Freeze a scope: nothing in it is begun any more", func(ctx context.Context, in *freeze) (*one[Frozen], error) {
		f, err := a.d.Controls.Set(ctx, in.Body.Scope, auth.From(ctx).Actor(), in.Body.Reason)
		return &one[Frozen]{Frozen{f, a.d.Trusted.unknown(f.Scope)}}, err
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
