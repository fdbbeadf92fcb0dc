package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

// maxBody is the largest request body: reasons and notes need no more.
const maxBody = 64 << 10

// api is the routes with what they stand on.
type api struct {
	d      Deps
	huma   huma.API
	schema store.Schema // says which filters have an index
}

// newAPI registers every route on mux; the description comes from them.
func newAPI(mux *http.ServeMux, d Deps, schema store.Schema) *api {
	cfg := huma.DefaultConfig("Infinity-Matrix gateway", "1")
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // served as a route, under the matrix
	cfg.CreateHooks = nil                                       // no $schema links in bodies
	cfg.RejectUnknownQueryParameters = true
	cfg.Formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}
	cfg.Transformers = []huma.Transformer{badRequest}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	a := &api{d: d, huma: humago.New(mux, cfg), schema: schema}
	a.huma.UseMiddleware(a.permit, func(ctx huma.Context, next func(huma.Context)) { next(badRequestContext{ctx}) })
	a.events()
	a.decisions()
	a.executions()
	a.approvals()
	a.links()
	a.workflows()
	a.freezes()
	a.autonomy()
	a.deadLetters()
	a.pages()
	a.plans()
	a.audit()
	a.auditLog()
	a.meta()
	return a
}

// permit asks the matrix before anything of the request is read.
func (a *api) permit(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	if err := Permissions.Check(op.Method+" "+op.Path, auth.From(ctx.Context())); err != nil {
		r, w := humago.Unwrap(ctx)
		fail(w, r, err)
		return
	}
	next(ctx)
}

// fail answers with an error, before huma sees the request.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	if fault.Is(err, fault.Unauthenticated) {
		w.Header().Set("WWW-Authenticate", "Bearer") // RFC 6750, section 3
	}
	function.WriteError(w, r, err)
}

// route registers one operation. Errors of handle get their status from their
// fault kind; what is ours is logged here, once.
func route[I, O any](a *api, method, path, summary string, handle func(context.Context, *I) (*O, error), more ...func(*huma.Operation)) {
	op := huma.Operation{
		OperationID: strings.ToLower(method) + strings.NewReplacer("/v1", "", "/{id}", "-one", "/", "-", ".", "-").Replace(path),
		Method:      method, Path: path, Summary: summary, MaxBodyBytes: maxBody,
		Security: []map[string][]string{{"key": {}}},
	}
	for _, change := range more {
		change(&op)
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// problem turns err into problem details, as function.WriteError does: huma
// wants an error value, not a writer.
func (a *api) problem(ctx context.Context, err error) error {
	if errors.Is(err, store.ErrConflict) {
		err = fault.Wrap(fault.Unavailable, err, "others changed the same document all the time; try again")
	}
	kind, code := fault.KindOf(err), function.Status(err)
	message, wait := fault.Public(err)
	if code >= http.StatusInternalServerError {
		a.d.Log.ErrorContext(ctx, "request failed", slog.Int("status", code), slog.Any("error", err))
	}
	p := &problem{function.Problem{
		Status: code, Title: http.StatusText(code), Detail: message, Kind: string(kind), TraceID: telemetry.TraceID(ctx),
	}}
	if wait > 0 {
		seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {seconds}})
	}
	return p
}

// problem is a function.Problem as huma writes it.
type problem struct{ function.Problem }

// Error implements error.
func (p *problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// badRequest and badRequestContext answer 400 where huma answers 422: a
// malformed request has one status here, whatever is malformed about it.
func badRequest(_ huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*huma.ErrorModel); ok && p.Status == http.StatusUnprocessableEntity {
		p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
	}
	return v, nil
}

type badRequestContext struct{ humaContext }

// humaContext gives the embedded field a name that is no method's.
type humaContext = huma.Context

// SetStatus implements huma.Context.
func (c badRequestContext) SetStatus(code int) {
	if code == http.StatusUnprocessableEntity {
		code = http.StatusBadRequest
	}
	c.humaContext.SetStatus(code)
}

// Unwrap lets the adapter find its own context.
func (c badRequestContext) Unwrap() huma.Context { return c.humaContext }
