package erasure

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/blob"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/bus"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/decision"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/event"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// bodyCost is how many documents a body counts as.
const bodyCost = 10

// bodies deletes the bodies of decided events that name the person. Those of
// dead letters are left: somebody has to deal with the letters first.
func bodies(ctx context.Context, j *job, cursor string) (string, error) {
	found, next, err := store.List[decision.Delivery](ctx, j.Store, store.Query{Collection: decision.Deliveries, Limit: pageSize, Cursor: cursor})
	if err != nil {
		return cursor, err
	}
	j.left -= max(bodyCost*len(found), 1)
	var refs map[string]bool
	for _, d := range found {
		some, err := j.named(ctx, d.BodyRef)
		if err != nil {
			return cursor, err
		}
		if !some {
			continue
		}
		if refs == nil {
			if refs, err = j.refs(ctx); err != nil {
				return cursor, err
			}
		}
		if refs[d.BodyRef] {
			continue // counted with its letter
		}
		if err := j.Blobs.Delete(ctx, d.BodyRef); err != nil {
			return cursor, fmt.Errorf("delete the body %s: %w", d.BodyRef, err)
		}
		count(j.report.Erased, "bodies", 1)
	}
	return next, nil
}

// named reports whether the body at key names the person; one that is gone
// does not.
func (j *job) named(ctx context.Context, key string) (bool, error) {
	if key == "" {
		return false, nil
	}
	r, err := j.Blobs.Get(ctx, key)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open the body %s: %w", key, err)
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(r)
	if err != nil {
		return false, fmt.Errorf("read the body %s: %w", key, err)
	}
	return j.person.body(text), nil
}

// letters counts the dead letters that name the person.
func letters(ctx context.Context, j *job, _ string) (string, error) {
	return "", j.each(ctx, func(m bus.Message) error {
		some := j.person.body(m.Data)
		if ref := m.Attributes[event.AttrPrefix+"dataref"]; !some && ref != "" {
			var err error
			if some, err = j.named(ctx, ref); err != nil {
				return err
			}
		}
		if some {
			count(j.report.Left, "letters", 1)
		}
		return nil
	})
}

// refs returns the bodies that dead letters refer to.
func (j *job) refs(ctx context.Context) (map[string]bool, error) {
	refs := map[string]bool{}
	err := j.each(ctx, func(m bus.Message) error {
		refs[m.Attributes[event.AttrPrefix+"dataref"]] = true
		return nil
	})
	return refs, err
}

// each calls fn with every dead letter.
func (j *job) each(ctx context.Context, fn func(bus.Message) error) error {
	subs, err := j.Letters.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("look for dead letters: %w", err)
	}
	for _, s := range subs {
		for after := ""; ; {
			page, err := j.Letters.Peek(ctx, s.DeadLetter, after, bus.MaxPeek)
			if err != nil {
				return fmt.Errorf("read the dead letters of %s: %w", s.Name, err)
			}
			for _, m := range page {
				if err := fn(m); err != nil {
					return err
				}
				after = m.ID
			}
			if len(page) < bus.MaxPeek {
				break
			}
		}
	}
	return nil
}
