package gateway

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/policy"
)

// one is the answer that is one document.
type one[T any] struct{ Body T }

// ByID names one document: its id, or an unambiguous beginning of it.
type ByID struct {
	ID string `path:"id" minLength:"1" maxLength:"128" pattern:"^[0-9A-Za-z-]+$" doc:"id, or the first 4 or more characters of it if no other begins so"`
}

func (a *api) events() {
	type input struct {
		Watchable
		Type       string `query:"type" doc:"com.github.workflow_run.completed"`
		Repository string `query:"repository" doc:"owner/name"`
		Decision   string `query:"decision"`
		Delivery   string `query:"delivery" doc:"the source's own id: GitHub's delivery id"`
	}
	listRoute(a, "/v1/events", "List events", func(in *input) (listing[decision.Delivery], bool) {
		return listing[decision.Delivery]{
			collection: decision.Deliveries, created: "received_at", changed: "received_at", Paging: in.Paging,
			where: equal("type", in.Type, "repository", in.Repository, "decision_id", in.Decision, "event_id", in.Delivery),
		}, in.Watch
	})
	route(a, http.MethodGet, "/v1/events/{id}", "Read an event, without its body", func(ctx context.Context, in *ByID) (*one[decision.Delivery], error) {
		d, err := find[decision.Delivery](ctx, a.d.Store, decision.Deliveries, "event", in.ID)
		return &one[decision.Delivery]{d}, err
	})
	type explained struct {
		ByID
		Policy string `query:"policy" required:"true" minLength:"1" maxLength:"256"`
	}
	route(a, http.MethodGet, "/v1/events/{id}/explain", "Say why a policy matches an event now, or why not", func(ctx context.Context, in *explained) (*one[policy.Explanation], error) {
		d, err := find[decision.Delivery](ctx, a.d.Store, decision.Deliveries, "event", in.ID)
		if err != nil {
			return nil, err
		}
		e, err := a.d.Decider.Explain(ctx, d.ID, in.Policy)
		return &one[policy.Explanation]{e}, err
	})
	route(a, http.MethodPost, "/v1/events/{id}/replay", "Say what would be decided now; nothing is written", func(ctx context.Context, in *ByID) (*one[decision.Decision], error) {
		d, err := find[decision.Delivery](ctx, a.d.Store, decision.Deliveries, "event", in.ID)
		if err != nil {
			return nil, err
		}
		answer, err := a.d.Decider.Replay(ctx, d.ID)
		return &one[decision.Decision]{answer}, err
	})
}

func (a *api) decisions() {
	type input struct {
		Watchable
		Type       string `query:"type"`
		Repository string `query:"repository"`
		Category   string `query:"category" enum:"Observe,Record,Manual,Alert,Automatic"`
		Event      string `query:"event"`
		Policy     string `query:"policy" doc:"decisions that this policy matched in"`
	}
	listRoute(a, "/v1/decisions", "List decisions", func(in *input) (listing[decision.Decision], bool) {
		l := listing[decision.Decision]{
			collection: decision.Collection, created: "decided_at", changed: "decided_at", Paging: in.Paging,
			where: equal("event_type", in.Type, "repository", in.Repository, "category", in.Category, "event_id", in.Event),
		}
		if in.Policy != "" {
			l.keep = func(d decision.Decision) bool {
				return slices.ContainsFunc(d.Proposals, func(p decision.Proposal) bool { return p.Policy == in.Policy })
			}
		}
		return l, in.Watch
	})
	route(a, http.MethodGet, "/v1/decisions/{id}", "Read a decision with its explanations", func(ctx context.Context, in *ByID) (*one[decision.Decision], error) {
		d, err := find[decision.Decision](ctx, a.d.Store, decision.Collection, "decision", in.ID)
		return &one[decision.Decision]{d}, err
	})
}

func (a *api) audit() {
	type input struct {
		Paging
		Subject  string `query:"subject" doc:"executions/…"`
		Actor    string `query:"actor"`
		Verb     string `query:"verb"`
		Decision string `query:"decision"`
	}
	route(a, http.MethodGet, "/v1/audit", "List audit records", func(ctx context.Context, in *input) (*one[*Page[audit.Record]], error) {
		page, err := listing[audit.Record]{
			collection: audit.Collection, created: "recorded_at", Paging: in.Paging,
			where: equal("subject", in.Subject, "actor", in.Actor, "verb", in.Verb, "decision_id", in.Decision),
		}.page(ctx, a.d.Store, a.schema)
		return &one[*Page[audit.Record]]{page}, err
	})
}

// meta is the routes about the gateway itself; they need no key.
func (a *api) meta() {
	open := func(op *huma.Operation) { op.Security = []map[string][]string{} }
	type health struct {
		Status string `json:"status"`
	}
	route(a, http.MethodGet, "/v1/healthz", "Say whether the store answers", func(ctx context.Context, _ *struct{}) (*one[health], error) {
		if err := a.alive(ctx); err != nil {
			return nil, err
		}
		return &one[health]{health{"ok"}}, nil
	}, open)
	type description struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	route(a, http.MethodGet, "/v1/openapi.json", "This description (OpenAPI 3.1)", func(context.Context, *struct{}) (*description, error) {
		text, err := a.huma.OpenAPI().MarshalJSON()
		return &description{ContentType: "application/json", Body: text}, err
	}, open, func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "OpenAPI 3.1", Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: "object"}},
		}}}
	})
}
