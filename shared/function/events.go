package function

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// maxPush is the largest push: a message in base64, with room for attributes.
const maxPush = 16 << 20

type messageKey struct{}

// Events returns the handler of a push subscription. It takes a CloudEvent
// over HTTP (binary, structured, or a Pub/Sub push unwrapped with its
// metadata, which is binary mode too) and a wrapped Pub/Sub push, and answers
// 204 once handle returns nil. Any error is answered by its kind: Pub/Sub
// delivers again whatever is not 2xx, and dead-letters it in the end; other
// senders know from a 4xx that trying again is useless.
func Events(handle func(context.Context, event.Event) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !AllowMethod(w, r, http.MethodPost) {
			return
		}
		e, err := readEvent(w, r)
		if err == nil {
			err = handle(r.Context(), e)
		}
		if err != nil {
			WriteError(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func readEvent(w http.ResponseWriter, r *http.Request) (event.Event, error) {
	if m, ok := r.Context().Value(messageKey{}).(bus.Message); ok {
		return event.FromMessage(m)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPush)
	if r.Header.Get("Ce-Specversion") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/cloudevents") {
		return event.FromHTTP(r)
	}
	body, err := ReadBody(r)
	if err != nil {
		return event.Event{}, err
	}
	m, err := unwrap(body)
	if err != nil {
		return event.Event{}, err
	}
	return event.FromMessage(m)
}

// unwrap reads a wrapped push.
// Source: https://cloud.google.com/pubsub/docs/push#receive_push
func unwrap(body []byte) (bus.Message, error) {
	var push struct {
		Message *struct {
			Data        []byte            `json:"data"`
			Attributes  map[string]string `json:"attributes"`
			ID          string            `json:"messageId"`
			PublishTime time.Time         `json:"publishTime"`
			OrderingKey string            `json:"orderingKey"`
		} `json:"message"`
		Attempt int `json:"deliveryAttempt"`
	}
	if err := json.Unmarshal(body, &push); err != nil || push.Message == nil {
		return bus.Message{}, fault.Wrap(fault.Invalid, err, "the request is neither a CloudEvent nor a Pub/Sub push")
	}
	m := push.Message
	return bus.Message{
		ID: m.ID, Data: m.Data, Attributes: m.Attributes, OrderingKey: m.OrderingKey,
		PublishedAt: m.PublishTime, Attempt: push.Attempt,
	}, nil
}

// ReadBody reads a body that a MaxBytesReader bounds, as Harness's does. The
// error is TooLarge, or Invalid for a body that ends early or comes too slowly.
func ReadBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, BodyError(err)
	}
	return body, nil
}

// BodyError gives an error of reading a body its kind.
func BodyError(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(fault.TooLarge, err, "the body is over the limit of %d bytes", tooLarge.Limit)
	}
	return fault.Wrap(fault.Invalid, err, "the body ended early or came too slowly; nothing was stored; send it again")
}
