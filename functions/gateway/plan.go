package gateway

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/tools/txtar"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/backtest"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/function"
)

// Bounds of a request for a back-test.
const (
	maxPolicies = 4 << 20             // bytes of the files
	maxSince    = 30 * 24 * time.Hour // bodies are kept no longer
)

// Backtester runs policies over the events on record; nothing is written. nil
// files are the policies in force, which freezes and limits are asked about.
type Backtester interface {
	Backtest(ctx context.Context, files fs.FS, r backtest.Request, progress func(backtest.Progress)) (backtest.Report, error)
}

// Planned is one message of the stream that a back-test answers: how far it
// is, and at last what it found or why it found nothing.
type Planned struct {
	Progress *backtest.Progress `json:"progress,omitempty"`
	Report   *backtest.Report   `json:"report,omitempty"`
	Problem  *function.Problem  `json:"problem,omitempty"`
}

// File is one file of a .infinity folder.
type File struct {
	Path string `json:"path" minLength:"1" maxLength:"300" doc:"within the folder: policies/ci.yaml"`
	Text string `json:"text"`
}

// PlanRequest is what is to be run over which events.
type PlanRequest struct {
	Files    []File    `json:"files,omitempty" maxItems:"1000" doc:"the policies; none: those in force, and freezes and limits as they are now"`
	Since    time.Time `json:"since" doc:"events received not before this; bodies are kept for 30 days"`
	Limit    int       `json:"limit,omitempty" minimum:"1" maximum:"10000000" doc:"no more than this many events, the newest"`
	Policy   string    `json:"policy,omitempty" maxLength:"256" doc:"tell of this policy only"`
	Examples int       `json:"examples,omitempty" minimum:"0" maximum:"100" doc:"how many changes of each policy are shown"`
}

func (a *api) plans() {
	type input struct{ Body PlanRequest }
	route(a, http.MethodPost, "/v1/policies/plan", "Run policies over the events on record, and say what would change; nothing is written",
		func(_ context.Context, in *input) (*listed, error) {
			return &listed{Body: func(h huma.Context) { a.plan(h, in.Body) }}, nil
		}, func(op *huma.Operation) {
			op.MaxBodyBytes = maxPolicies
			op.Responses = map[string]*huma.Response{"200": {Description: "progress, then the report", Content: map[string]*huma.MediaType{
				"text/event-stream": {Schema: schemaOf[Planned](a)},
			}}}
		})
	route(a, http.MethodPost, "/v1/events/{id}/shadow", "Say what would become of an event that came now, and what would stop it; nothing is written",
		func(ctx context.Context, in *ByID) (*one[backtest.Report], error) {
			d, err := find[decision.Delivery](ctx, a.d.Store, decision.Deliveries, "event", in.ID)
			if err != nil {
				return nil, err
			}
			r, err := a.d.Backtester.Backtest(ctx, nil, backtest.Request{Event: d.ID, Until: a.d.Clock.Now(), Examples: 1}, nil)
			return &one[backtest.Report]{r}, err
		})
}

// plan answers a back-test as it goes. What is wrong before it has begun is
// an answer of its own.
func (a *api) plan(h huma.Context, in PlanRequest) {
	r, w := humago.Unwrap(h)
	s := a.openStream(h)
	now := a.d.Clock.Now()
	request := backtest.Request{Since: in.Since, Until: now, Limit: in.Limit, Policy: in.Policy, Examples: in.Examples}
	if oldest := now.Add(-maxSince); request.Since.Before(oldest) {
		request.Since = oldest
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	files, err := filesOf(in.Files)
	if err != nil {
		fail(w, r, err)
		return
	}
	report, err := a.d.Backtester.Backtest(ctx, files, request, func(p backtest.Progress) {
		if s.data(Planned{Progress: &p}) != nil {
			cancel() // the reader is gone
		}
	})
	switch {
	case r.Context().Err() != nil:
	case err != nil && !s.begun:
		fail(w, r, err)
	case err != nil:
		if p, ok := errors.AsType[*problem](a.problem(ctx, err)); ok {
			_ = s.data(Planned{Problem: &p.Problem})
		}
	default:
		_ = s.data(Planned{Report: &report})
	}
}

// filesOf returns the files as a file system, or nil if there are none.
func filesOf(list []File) (fs.FS, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var archive txtar.Archive
	for _, f := range list {
		archive.Files = append(archive.Files, txtar.File{Name: f.Path, Data: []byte(f.Text)})
	}
	files, err := txtar.FS(&archive)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the files are not those of one folder: %s", err)
	}
	return files, nil
}
