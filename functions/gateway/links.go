package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval/link"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/execution"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// Links makes and follows signed links; *desk.Desk is one.
type Links interface {
	Link(ctx context.Context, id, person string, by approval.Answer) (token string, l link.Link, err error)
	Look(ctx context.Context, token string) (link.Link, approval.Approval, error)
	Follow(ctx context.Context, token, note string) (execution.Execution, error)
}

// linkPath is the page of a link. The token is in the query, since paths are
// logged and queries are not.
const linkPath = "/v1/links"

// Followed is a link as it is asked for; exported, since huma reads no fields
// of an embedded type that is not.
type Followed struct {
	Token string `query:"token" required:"true" minLength:"1" maxLength:"2000"`
}

func (a *api) links() {
	type input struct {
		ByID
		Body struct {
			Person string        `json:"person" minLength:"1" maxLength:"200" doc:"of approvals.yaml; only role admin names others"`
			Verb   approval.Verb `json:"verb" enum:"approve,reject"`
		}
	}
	type made struct {
		Path  string    `json:"path" doc:"of the link, on this gateway"`
		Until time.Time `json:"until"`
	}
	route(a, http.MethodPost, "/v1/executions/{id}/links", "Make a link by which a person answers once, within 15 minutes; takes the whole id", func(ctx context.Context, in *input) (*one[made], error) {
		token, l, err := a.d.Links.Link(ctx, in.ID, in.Body.Person, answerOf(ctx, in.Body.Verb, ""))
		return &one[made]{made{linkPath + "?" + url.Values{"token": {token}}.Encode(), l.Until}}, err
	})
	html := func(op *huma.Operation) {
		op.Security = []map[string][]string{} // the token is the permission
		op.Responses = map[string]*huma.Response{"200": {Description: "a page for people; so are its errors, 403, 404 and 409", Content: map[string]*huma.MediaType{
			"text/html": {Schema: &huma.Schema{Type: "string"}},
		}}}
	}
	route(a, http.MethodGet, linkPath, "Show what a link asks; changes nothing", func(ctx context.Context, in *Followed) (*sheet, error) {
		l, q, err := a.d.Links.Look(ctx, in.Token)
		if err != nil {
			return a.sorry(ctx, err)
		}
		return render(http.StatusOK, "ask", asked{Link: l, Approval: q})
	}, html)
	type answered struct {
		Followed
		RawBody []byte `contentType:"application/x-www-form-urlencoded"`
	}
	route(a, http.MethodPost, linkPath, "Answer by a link, once", func(ctx context.Context, in *answered) (*sheet, error) {
		note, err := noteOf(in.RawBody)
		if err != nil {
			return a.sorry(ctx, err)
		}
		x, err := a.d.Links.Follow(ctx, in.Token, note)
		if err != nil {
			return a.sorry(ctx, err)
		}
		return render(http.StatusOK, "done", x)
	}, html)
}

// noteOf reads the form of the page: a note, and nothing else.
func noteOf(form []byte) (string, error) {
	fields, err := url.ParseQuery(string(form))
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "the form is malformed")
	}
	note := fields.Get("note")
	if len(fields["note"]) > 1 || len(note) > 1000 || len(fields) > 1 || len(fields) == 1 && !fields.Has("note") {
		return "", fault.New(fault.Invalid, "the form has one field, note, of at most 1000 bytes")
	}
	return note, nil
}

// sorry is the page that says why a link did not work.
func (a *api) sorry(ctx context.Context, err error) (*sheet, error) {
	status, ok := errors.AsType[huma.StatusError](a.problem(ctx, err))
	if !ok || status.GetStatus() >= http.StatusInternalServerError {
		return nil, err
	}
	return render(status.GetStatus(), "sorry", status.Error())
}
