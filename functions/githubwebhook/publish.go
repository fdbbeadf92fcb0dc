package githubwebhook

import (
	"bytes"
	"context"
	"errors"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
)

// blobPrefix begins the keys of bodies that do not fit a message.
const blobPrefix = "events/github/"

// publish returns once the event, and its body, are durable. The publisher has
// the body only until it returns.
func (v *receiver) publish(ctx context.Context, e event.Event, data []byte) error {
	e.Data = data
	if int64(len(data)) > v.config.Inline {
		// The digest in the key lets the same body be stored once, and keeps
		// a forged second body of one delivery id from being taken for it.
		e.DataRef, e.Data = blobPrefix+e.ID+"/"+e.Digest, nil
		if err := v.deps.Blobs.Put(ctx, e.DataRef, bytes.NewReader(data)); err != nil && !errors.Is(err, blob.ErrExists) {
			return unavailable(err)
		}
	}
	if err := e.Validate(); err != nil {
		return err
	}
	if _, err := v.deps.Publisher.Publish(ctx, v.config.Topic, event.ToMessage(e)); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable keeps an error that already says what to do.
func unavailable(err error) error {
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Exhausted) {
		return err
	}
	return fault.Wrap(fault.Unavailable, err, "the event could not be stored; nothing was accepted; send it again")
}
