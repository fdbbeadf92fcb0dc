package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
)

// Page is one page of a list, newest first.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"cursor of the page after; absent on the last"`
}

// Paging is what every list takes. It is exported since huma reads embedded
// structs only so.
type Paging struct {
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string    `query:"cursor" maxLength:"2048" doc:"next of the page before"`
	Since  time.Time `query:"since" doc:"not older than this (RFC 3339)"`
}

// listing says how a collection is listed and watched.
type listing[T any] struct {
	collection string
	created    string         // field that lists are ordered by
	changed    string         // field that tells of changes, for watches
	where      []store.Filter // equality
	keep       func(T) bool   // what the index cannot tell; nil keeps all
	Paging
}

// equal returns filters for the pairs (field, value) whose value was given.
func equal(pairs ...string) []store.Filter {
	var where []store.Filter
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			where = append(where, store.Filter{Field: pairs[i], Op: store.Eq, Value: pairs[i+1]})
		}
	}
	return where
}

func (l listing[T]) query(order string) store.Query {
	where := l.where
	if !l.Since.IsZero() {
		where = append(where, store.Filter{Field: order, Op: store.Ge, Value: l.Since})
	}
	return store.Query{Collection: l.collection, Where: where, OrderBy: order, Desc: true, Limit: l.Limit, Cursor: l.Cursor}
}

// page reads one page. What keep drops is made up for by reading on, but at
// most store.MaxPage documents a request: then a page may be short, or even
// empty, and still have a Next.
func (l listing[T]) page(ctx context.Context, r store.Reader) (*Page[T], error) {
	q, out := l.query(l.created), &Page[T]{Items: []T{}}
	for read := 0; ; {
		items, next, err := store.List[T](ctx, r, q)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", l.collection, err)
		}
		for _, item := range items {
			if l.keep == nil || l.keep(item) {
				out.Items = append(out.Items, item)
			}
		}
		out.Next, read = next, read+len(items)
		if next == "" || len(out.Items) == l.Limit || read >= store.MaxPage {
			return out, nil
		}
		q.Cursor, q.Limit = next, l.Limit-len(out.Items)
	}
}

// minPrefix is the shortest beginning of an id that is looked for.
const minPrefix = 4

// find reads the document whose id is id or, if there is none, the only one
// whose id begins so.
func find[T any](ctx context.Context, r store.Reader, collection, noun, id string) (T, error) {
	value, err := store.Get[T](ctx, r, store.Key{Collection: collection, ID: id})
	if !errors.Is(err, store.ErrNotFound) {
		return value, err
	}
	none := fault.New(fault.NotFound, "there is no %s %q", noun, id)
	if len(id) < minPrefix {
		return value, none
	}
	found, _, err := store.List[T](ctx, r, store.Query{Collection: collection, OrderBy: "id", Limit: 2, Where: []store.Filter{
		{Field: "id", Op: store.Ge, Value: id}, {Field: "id", Op: store.Lt, Value: id + "~"}, // ids are of [0-9a-z-]
	}})
	switch {
	case err != nil:
		return value, fmt.Errorf("look for %s %s: %w", noun, id, err)
	case len(found) == 0:
		return value, none
	case len(found) > 1:
		return value, fault.New(fault.Conflict, "several %ss begin with %q; write more of the id", noun, id)
	}
	return found[0], nil
}
