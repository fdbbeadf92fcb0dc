package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/approval"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/page"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// waits shows what waits for a person, now and from now on, until ctx ends: each
// question once people were told of it, and each page.
func (h *host) waits(ctx context.Context, group *errgroup.Group) {
	if asked := h.cfg.Asked; asked != nil {
		group.Go(func() error {
			return watch(ctx, h.Store, store.Query{
				Collection: approval.Collection, OrderBy: "asked_at",
				Where: []store.Filter{{Field: "state", Op: store.Eq, Value: string(approval.Pending)}},
			}, func(q approval.Approval) {
				if q.ToldAt != nil {
					asked(q)
				}
			})
		})
	}
	if paged := h.cfg.Paged; paged != nil {
		group.Go(func() error {
			return watch(ctx, h.Store, store.Query{
				Collection: page.Collection, OrderBy: "raised_at", Where: []store.Filter{{Field: "open", Op: store.Eq, Value: true}},
			}, paged)
		})
	}
}

// watch shows each document of q, and each change of one, to see.
func watch[T any](ctx context.Context, s store.Store, q store.Query, see func(T)) error {
	for change, err := range s.Watch(ctx, q) {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch %s: %w", q.Collection, err)
		}
		if change.Deleted {
			continue
		}
		var v T
		if err := json.Unmarshal(change.Document.Data, &v); err != nil {
			return fmt.Errorf("decode %s: %w", change.Document.Key, err)
		}
		see(v)
	}
	return nil
}
