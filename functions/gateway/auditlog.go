package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/audit/transparency"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/auth"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/erasure"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Blobs is what is read of the blob store: the audit log's tiles.
type Blobs interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	List(ctx context.Context, prefix, cursor string, limit int) ([]blob.Info, string, error)
}

// AuditLog is where the audit log is.
type AuditLog struct {
	transparency.State
	Later []string `json:"later" nullable:"false" doc:"keys of checkpoints of more leaves than size; there are none but while it is sealed"`
}

// plain is an answer that is written as it is.
type plain struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// auditLog is the routes that an auditor reads the log by. They serve what is
// stored, as it is: nothing of it is to be believed before it is verified.
func (a *api) auditLog() {
	type since struct {
		Size int64 `query:"size" minimum:"-1" default:"-1" doc:"look for checkpoints of more leaves than this; -1 is the newest's"`
	}
	route(a, http.MethodGet, "/v1/audit/log", "Read the newest checkpoint of the audit log", func(ctx context.Context, in *since) (*one[AuditLog], error) {
		st, err := transparency.Read(ctx, a.d.Store)
		if err != nil {
			return nil, err
		}
		size := in.Size
		if size < 0 {
			size = st.Size
		}
		infos, _, err := a.d.Blobs.List(ctx, transparency.Prefix+"checkpoint/", transparency.CheckpointKey(size), 20)
		out := AuditLog{State: st, Later: []string{}}
		for _, info := range infos {
			out.Later = append(out.Later, info.Key)
		}
		return &one[AuditLog]{out}, err
	})
	type key struct {
		Key string `query:"key" required:"true" maxLength:"200" pattern:"^audit/(tile|checkpoint)/[0-9a-z./]+$" doc:"as https://c2sp.org/tlog-tiles names it, after audit/"`
	}
	route(a, http.MethodGet, "/v1/audit/blob", "Read a tile, entry bundle or checkpoint of the audit log", func(ctx context.Context, in *key) (*plain, error) {
		r, err := a.d.Blobs.Get(ctx, in.Key)
		if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrKey) {
			return nil, fault.Wrap(fault.NotFound, err, "the audit log has no %s", in.Key)
		}
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", in.Key, err)
		}
		defer func() { _ = r.Close() }()
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", in.Key, err)
		}
		return &plain{ContentType: "application/octet-stream", Body: data}, nil
	}, func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "the bytes", Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
		}}}
	})
	type request struct {
		Body struct {
			Actor  string `json:"actor" minLength:"3" maxLength:"200" doc:"as the records have it: github:login, key:name or link:person"`
			Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"kept; do not name the person"`
			Cursor string `json:"cursor,omitempty" maxLength:"2048" doc:"next of the answer before"`
		}
	}
	route(a, http.MethodPost, "/v1/audit/erase", "Erase a person from what is kept; the log stays verifiable. Go on with next until there is none", func(ctx context.Context, in *request) (*one[erasure.Erasure], error) {
		if err := a.mayErase(ctx, in.Body.Actor); err != nil {
			return nil, err
		}
		r, err := a.d.Eraser.Erase(ctx, erasure.Request{Who: in.Body.Actor, By: auth.From(ctx).Actor(), Reason: in.Body.Reason, Cursor: in.Body.Cursor})
		return &one[erasure.Erasure]{r}, err
	})
	a.auditRecords()
}

// auditRecords is the route that an auditor reads all records by. They are
// served as they are stored: who verifies a million of them has no use for
// decoding each here.
func (a *api) auditRecords() {
	type page struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
		Cursor string `query:"cursor" maxLength:"2048"`
		From   int64  `query:"from" minimum:"-1" default:"-1" doc:"no record with an index below this; the unsealed have -1"`
		To     int64  `query:"to" minimum:"0" default:"0" doc:"no record with this index or above; 0 is no end"`
	}
	route(a, http.MethodGet, "/v1/audit/records", "List audit records in the order of the log, the unsealed first", func(ctx context.Context, in *page) (*plain, error) {
		q := store.Query{
			Collection: audit.Collection, OrderBy: "index", Limit: in.Limit, Cursor: in.Cursor,
			Where: []store.Filter{{Field: "index", Op: store.Ge, Value: in.From}},
		}
		if in.To > 0 {
			q.Where = append(q.Where, store.Filter{Field: "index", Op: store.Lt, Value: in.To})
		}
		found, err := a.d.Store.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list audit records: %w", err)
		}
		body := []byte(`{"items":[`)
		for i, d := range found.Documents {
			if i > 0 {
				body = append(body, ',')
			}
			body = append(body, d.Data...)
		}
		body = append(body, ']')
		if found.Next != "" {
			body = fmt.Appendf(body, `,"next":%q`, found.Next) // base64
		}
		return &plain{ContentType: "application/json", Body: append(body, '}')}, nil
	}, func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "a page", Content: map[string]*huma.MediaType{
			"application/json": {Schema: schemaOf[Page[audit.Record]](a)},
		}}}
	})
}

// mayErase refuses people who would erase themselves, whatever identity they
// name: they could take their own deeds off the record.
func (a *api) mayErase(ctx context.Context, actor string) error {
	who := auth.From(ctx).Actor()
	if a.d.Approvers.Current().Same(who, actor) {
		return fault.New(fault.Forbidden, "%s is yours; somebody else must erase it", actor)
	}
	return nil
}
