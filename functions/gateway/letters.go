package gateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/deadletter"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// LetterID names one dead letter: subscription, "-" and the bus's id of it.
type LetterID struct {
	ID string `path:"id" minLength:"3" maxLength:"300" pattern:"^[0-9A-Za-z._-]+$" doc:"agent-orchestrator-17"`
}

func (a *api) deadLetters() {
	type input struct {
		Limit        int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Cursor       string `query:"cursor" maxLength:"300"`
		Subscription string `query:"subscription" maxLength:"255"`
	}
	route(a, http.MethodGet, "/v1/dead-letters", "List messages that a subscription gave up, the oldest first", func(ctx context.Context, in *input) (*one[Page[deadletter.Letter]], error) {
		letters, next, err := a.d.Letters.List(ctx, in.Subscription, in.Limit, in.Cursor)
		return &one[Page[deadletter.Letter]]{Page[deadletter.Letter]{Items: letters, Next: next}}, err
	})
	route(a, http.MethodGet, "/v1/dead-letters/{id}", "Read a dead letter and its attributes, without its body", func(ctx context.Context, in *LetterID) (*one[deadletter.Letter], error) {
		l, err := a.d.Letters.Get(ctx, in.ID, false)
		return &one[deadletter.Letter]{l}, err
	})
	route(a, http.MethodGet, "/v1/dead-letters/{id}/body", "Read a dead letter with its body, which an outsider may have written", func(ctx context.Context, in *LetterID) (*one[deadletter.Letter], error) {
		l, err := a.d.Letters.Get(ctx, in.ID, true)
		return &one[deadletter.Letter]{l}, err
	})
	route(a, http.MethodPost, "/v1/dead-letters/{id}/replay", "Have a dead letter delivered again, to the subscription that gave it up", func(ctx context.Context, in *LetterID) (*one[deadletter.Letter], error) {
		l, err := a.d.Letters.Replay(ctx, in.ID, auth.From(ctx).Actor())
		return &one[deadletter.Letter]{l}, err
	})
	a.replayLetters()
	type drop struct {
		LetterID
		Reason string `query:"reason" required:"true" minLength:"1" maxLength:"1000"`
	}
	route(a, http.MethodDelete, "/v1/dead-letters/{id}", "Drop a dead letter for good", func(ctx context.Context, in *drop) (*one[deadletter.Letter], error) {
		l, err := a.d.Letters.Drop(ctx, in.ID, auth.From(ctx).Actor(), in.Reason)
		return &one[deadletter.Letter]{l}, err
	}, func(op *huma.Operation) { op.DefaultStatus = http.StatusOK })
}

// replayed is how many letters are delivered again.
type replayed struct {
	Replayed int `json:"replayed"`
}

func (a *api) replayLetters() {
	type all struct {
		Body struct {
			Subscription string `json:"subscription,omitempty" maxLength:"255" doc:"all of them if it is left out"`
		}
	}
	route(a, http.MethodPost, "/v1/dead-letters/replay", "Have all dead letters delivered again, in their order", func(ctx context.Context, in *all) (*one[replayed], error) {
		n, err := a.d.Letters.ReplayAll(ctx, in.Body.Subscription, auth.From(ctx).Actor())
		return &one[replayed]{replayed{n}}, err
	})
}

func (a *api) pages() {
	type input struct {
		Paging
		Open string `query:"open" enum:"true,false" doc:"only those that are open, or that are not"`
	}
	route(a, http.MethodGet, "/v1/pages", "List what called a person, the newest first", func(ctx context.Context, in *input) (*one[*Page[page.Page]], error) {
		l := listing[page.Page]{collection: page.Collection, created: "raised_at", Paging: in.Paging}
		if in.Open != "" {
			l.keep = func(p page.Page) bool { return fmt.Sprint(p.Open) == in.Open }
		}
		found, err := l.page(ctx, a.d.Store, a.schema)
		return &one[*Page[page.Page]]{found}, err
	})
	route(a, http.MethodPost, "/v1/pages/{id}/resolve", "Say that a page is dealt with; takes the whole id", func(ctx context.Context, in *ByID) (*one[page.Page], error) {
		var p page.Page
		err := a.d.Store.Run(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			p, err = page.Resolve(ctx, tx, in.ID, auth.From(ctx).Actor(), a.d.Clock.Now())
			return err
		})
		return &one[page.Page]{p}, err
	})
}
