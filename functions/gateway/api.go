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
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// maxBody is the largest request body: reasons and notes need no more.
const maxBody = 64 << 10

// api is the routes with what they stand on.
type api struct {
	d    Deps
	huma huma.API
}

// newAPI registers every route on mux; the description comes from them.
func newAPI(mux *http.ServeMux, d Deps) *api {
	cfg := huma.DefaultConfig("Infinity-Matrix gateway", "1")
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // served as a route, under the matrix
	cfg.CreateHooks = nil                                       // no $schema links in bodies
	cfg.RejectUnknownQueryParameters = true
	cfg.Transformers = []huma.Transformer{badRequest}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	a := &api{d: d, huma: humago.New(mux, cfg)}
	a.huma.UseMiddleware(a.permit, func(ctx huma.Context, next func(huma.Context)) { next(badRequestContext{ctx}) })
	a.events()
	a.decisions()
	a.executions()
	a.freezes()
	a.audit()
	a.meta()
	return a
}

// permit asks the matrix before anything of the request is read.
func (a *api) permit(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	if err := Permissions.Check(op.Method+" "+op.Path, auth.From(ctx.Context())); err != nil {
		r, w := humago.Unwrap(ctx)
		a.d.Fail(w, r, err)
		return
	}
	next(ctx)
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

// status maps kinds to HTTP, as shared/function does for every other function.
var status = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unsupported: http.StatusUnsupportedMediaType,
	fault.Exhausted: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
	fault.Internal: http.StatusInternalServerError,
}

// problem turns err into RFC 9457 problem details.
func (a *api) problem(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, store.ErrNoIndex):
		err = fault.Wrap(fault.Invalid, err, "these filters cannot be combined; use fewer of them")
	case errors.Is(err, store.ErrConflict):
		err = fault.Wrap(fault.Unavailable, err, "others changed the same document all the time; try again")
	}
	kind := fault.KindOf(err)
	message, wait := fault.Public(err)
	if kind == fault.Internal || kind == fault.Unavailable {
		a.d.Log.ErrorContext(ctx, "request failed", slog.Any("error", err))
	}
	code := status[kind]
	p := &huma.ErrorModel{Status: code, Title: http.StatusText(code), Detail: message}
	if wait > 0 {
		seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {seconds}})
	}
	return p
}

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
