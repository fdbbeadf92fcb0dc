package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// How a stream is kept alive and its reader is given up.
const (
	keepAlive    = 15 * time.Second
	writeTimeout = 10 * time.Second
)

// Watchable is what a list takes that can be watched.
type Watchable struct {
	Paging
	Watch bool `query:"watch" doc:"true: a stream of server-sent events, one for each document that is new or changes from now on (or since)"`
}

// listed is the answer of such a list: a page, or the stream.
type listed struct {
	Body func(huma.Context)
}

// listRoute registers a list that can be watched.
func listRoute[T, I any](a *api, path, summary string, of func(*I) (listing[T], bool)) {
	handle := func(ctx context.Context, in *I) (*listed, error) {
		l, watch := of(in)
		if watch {
			return &listed{Body: func(h huma.Context) { stream(a, h, l) }}, nil
		}
		page, err := l.page(ctx, a.d.Store, a.schema)
		if err != nil {
			return nil, err
		}
		return &listed{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", "application/json")
			h.SetStatus(http.StatusOK)
			_ = json.NewEncoder(h.BodyWriter()).Encode(page) // the reader is gone: nobody to tell
		}}, nil
	}
	route(a, http.MethodGet, path, summary, handle, func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "a page, or a stream", Content: map[string]*huma.MediaType{
			"application/json":  {Schema: schemaOf[Page[T]](a)},
			"text/event-stream": {Schema: &huma.Schema{Type: "string", Description: "each data field is one document as JSON"}},
		}}}
	})
}

// stream sends each document of l that is new or changes, as it commits.
func stream[T any](a *api, h huma.Context, l listing[T]) {
	if l.Since.IsZero() {
		l.Since = a.d.Clock.Now()
	}
	l.Limit, l.Cursor = store.MaxPage, ""
	r, _ := humago.Unwrap(h)
	s := a.openStream(h)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	changes := make(chan change)
	go func() {
		defer close(changes)
		for c, err := range a.d.Store.Watch(ctx, l.query(a.schema, l.changed)) {
			select {
			case changes <- change{c, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := s.send(": watching\n\n"); err != nil {
		return
	}
	if err := pump(ctx, a, l, s, changes); err != nil && ctx.Err() == nil {
		a.d.Log.WarnContext(ctx, "watch ended", slog.String("collection", l.collection), slog.Any("error", err))
	}
}

type change struct {
	store.Change
	err error
}

func pump[T any](ctx context.Context, a *api, l listing[T], s *sender, changes <-chan change) error {
	for {
		select {
		case c, ok := <-changes:
			if !ok {
				return ctx.Err()
			}
			if c.err != nil {
				return c.err
			}
			if err := forward(l, s, c); err != nil {
				return err
			}
		case <-a.d.Clock.After(keepAlive):
			if err := s.send(": keep-alive\n\n"); err != nil {
				return err
			}
		}
	}
}

func forward[T any](l listing[T], s *sender, c change) error {
	if c.Deleted {
		return nil
	}
	item, ok, err := l.decode(c.Document)
	if err != nil || !ok {
		return err
	}
	return s.data(item)
}

// sender writes events to a reader that is given up when it takes nothing.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// openStream makes the answer of h a stream, which begins with the first send.
func (a *api) openStream(h huma.Context) *sender {
	r, w := humago.Unwrap(h)
	s := &sender{w: w, control: http.NewResponseController(w)}
	// The server's read timeout is for requests: at its end the connection, and
	// with it the context, would be taken for dead.
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		a.d.Log.WarnContext(r.Context(), "a stream may end early", slog.Any("error", err))
	}
	return s
}

func (s *sender) send(text string) error {
	if !s.begun {
		s.begun = true
		s.w.Header().Set("Content-Type", "text/event-stream")
		s.w.Header().Set("Cache-Control", "no-store")
		s.w.WriteHeader(http.StatusOK)
	}
	err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // the wall clock: it is the socket's
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set the write deadline: %w", err)
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// data sends v as one event.
func (s *sender) data(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	return s.send("data: " + string(text) + "\n\n")
}
