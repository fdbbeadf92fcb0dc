package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"

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
	created    string       // field that lists are ordered by
	changed    string       // field that tells of changes, for watches
	where      []equality   // what documents must be
	keep       func(T) bool // what an equality cannot tell; nil keeps all
	Paging
}

// equality is a filter on a top-level field.
type equality struct{ field, value string }

// equal returns filters for the pairs (field, value) whose value was given.
func equal(pairs ...string) []equality {
	var where []equality
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			where = append(where, equality{pair[0], pair[1]})
		}
	}
	return where
}

// query asks the store for what one index serves: the order, and the first
// filter that has an index with it. The other filters are applied to what
// comes, so that no index is needed for each of their combinations.
func (l listing[T]) query(schema store.Schema, order string) store.Query {
	q := store.Query{Collection: l.collection, OrderBy: order, Desc: true, Limit: l.Limit, Cursor: l.Cursor}
	for _, e := range l.where {
		q.Where = []store.Filter{{Field: e.field, Op: store.Eq, Value: e.value}}
		if _, err := schema.Serve(q); err == nil {
			break
		}
		q.Where = nil
	}
	if !l.Since.IsZero() {
		q.Where = append(q.Where, store.Filter{Field: order, Op: store.Ge, Value: l.Since})
	}
	return q
}

// decode returns doc if it passes all filters.
func (l listing[T]) decode(doc store.Document) (item T, ok bool, err error) {
	for _, e := range l.where {
		if gjson.GetBytes(doc.Data, e.field).String() != e.value {
			return item, false, nil
		}
	}
	if err := json.Unmarshal(doc.Data, &item); err != nil {
		return item, false, fmt.Errorf("decode %s: %w", doc.Key, err)
	}
	return item, l.keep == nil || l.keep(item), nil
}

// page reads one page. What the filters drop is made up for by reading on, but
// at most store.MaxPage documents a request: then a page may be short, or even
// empty, and still have a Next.
func (l listing[T]) page(ctx context.Context, r store.Reader, schema store.Schema) (*Page[T], error) {
	q, out := l.query(schema, l.created), &Page[T]{Items: []T{}}
	for read := 0; ; {
		page, err := r.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", l.collection, err)
		}
		for _, doc := range page.Documents {
			item, ok, err := l.decode(doc)
			if err != nil {
				return nil, err
			}
			if ok {
				out.Items = append(out.Items, item)
			}
		}
		out.Next, read = page.Next, read+len(page.Documents)
		if page.Next == "" || len(out.Items) == l.Limit || read >= store.MaxPage {
			return out, nil
		}
		q.Cursor, q.Limit = page.Next, l.Limit-len(out.Items)
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
