package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// eraseAtOnce is how many records one transaction erases.
const eraseAtOnce = 100

// Erase erases the personal fields of those records of one page that names
// tells of, and returns how many they were, how many it looked at, and the
// cursor of the next page, "" on the last. The log stays verifiable.
func Erase(ctx context.Context, s store.Store, names func(Record) bool, cursor string, now time.Time) (erased, looked int, next string, err error) {
	found, next, err := store.List[Record](ctx, s, store.Query{Collection: Collection, Limit: eraseAtOnce, Cursor: cursor})
	if err != nil {
		return 0, 0, cursor, fmt.Errorf("look for the records of a person: %w", err)
	}
	looked = len(found)
	erased, err = erase(ctx, s, slices.DeleteFunc(found, func(r Record) bool { return !names(r) }), now)
	if err != nil {
		return 0, looked, cursor, err
	}
	return erased, looked, next, nil
}

func erase(ctx context.Context, s store.Store, found []Record, now time.Time) (int, error) {
	if len(found) == 0 {
		return 0, nil
	}
	n := 0
	err := s.Run(ctx, func(ctx context.Context, tx store.Tx) error {
		var after []Record
		for _, r := range found {
			// Read again: seal may have given it its place meanwhile, or its time is over.
			r, err := store.Get[Record](ctx, tx, store.Key{Collection: Collection, ID: r.ID})
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if r, err = r.Erase(now); err != nil {
				return err
			}
			after = append(after, r)
		}
		n = len(after)
		for _, r := range after {
			if err := tx.Put(store.Key{Collection: Collection, ID: r.ID}, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("erase records of a person: %w", err)
	}
	return n, nil
}
