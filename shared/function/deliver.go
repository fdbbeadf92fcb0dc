package function

import (
	"context"
	"net/http"
	"net/url"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/task"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/telemetry"
)

// DeliverMessage calls the handler of a push subscription in this process, and
// returns nil when it would have answered 2xx, else its public error. The
// message is handed over as it is: nothing is encoded.
func DeliverMessage(ctx context.Context, h http.Handler, m bus.Message) error {
	ctx = telemetry.WithTraceParent(ctx, m.Attributes[event.AttrPrefix+"traceparent"])
	return call(context.WithValue(ctx, messageKey{}, m), h)
}

// DeliverTask calls the handler of a queue in this process, as DeliverMessage.
func DeliverTask(ctx context.Context, h http.Handler, t task.Task) error {
	return call(context.WithValue(ctx, taskKey{}, t), h)
}

var root = &url.URL{Path: "/"}

func call(ctx context.Context, h http.Handler) error {
	r := &http.Request{Method: http.MethodPost, URL: root, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}
	a := &answer{header: http.Header{}}
	h.ServeHTTP(a, r.WithContext(ctx))
	return a.result()
}

// answer is the response of a call within the process. WriteError leaves its
// error in it.
type answer struct {
	header http.Header
	status int
	err    *fault.Error
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(b), nil
}

func (a *answer) result() error {
	switch {
	case a.err != nil:
		return a.err
	case a.status == 0, a.status >= 200 && a.status < 300:
		return nil
	default:
		return fault.New(fault.Internal, "the function answered %d", a.status)
	}
}
