package firestore

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/iterator"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/rule"
)

// query turns q into Firestore's, without its limit.
func (s *Store) query(q store.Query) (firestore.Query, int, error) {
	limit := rule.Limit(q)
	if err := rule.Query(q); err != nil {
		return firestore.Query{}, 0, err
	}
	if _, err := s.schema.Serve(q); err != nil {
		return firestore.Query{}, 0, err
	}
	c := s.client.Collection(q.Collection)
	if c == nil {
		return firestore.Query{}, 0, fault.New(fault.Invalid, "%q is no collection", q.Collection)
	}
	query := c.Query
	for _, f := range q.Where {
		value, err := operand(f)
		if err != nil {
			return firestore.Query{}, 0, err
		}
		query = query.WherePath(firestore.FieldPath{f.Field}, string(f.Op), value)
	}
	direction := firestore.Asc
	if q.Desc {
		direction = firestore.Desc
	}
	if q.OrderBy != "" {
		query = query.OrderByPath(firestore.FieldPath{q.OrderBy}, direction)
	}
	query = query.OrderBy(firestore.DocumentID, direction)
	if q.Cursor == "" {
		return query, limit, nil
	}
	place, err := parseCursor(q)
	return query.StartAfter(place...), limit, err
}

// operand returns the value of a filter as Firestore keeps it.
func operand(f store.Filter) (any, error) {
	switch v := f.Value.(type) {
	case time.Time:
		return v.Truncate(time.Microsecond), nil
	case string, bool, int, int64, float64:
		return v, nil
	default:
		return nil, fault.New(fault.Invalid, "cannot filter on %s: a filter's value cannot be a %T", f.Field, f.Value)
	}
}

// page reads at most limit documents; one more only tells that there is a next
// page.
func page(ctx context.Context, q store.Query, limit int, found *firestore.DocumentIterator) (store.Page, error) {
	defer found.Stop()
	var p store.Page
	var last *firestore.DocumentSnapshot
	for {
		snap, err := found.Next()
		if errors.Is(err, iterator.Done) {
			return p, nil
		}
		if err != nil {
			return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, kind(ctx, err))
		}
		if len(p.Documents) == limit {
			p.Next, err = cursor(q, last)
			return p, err
		}
		doc, err := document(q.Collection, snap)
		if err != nil {
			return store.Page{}, err
		}
		p.Documents, last = append(p.Documents, doc), snap
	}
}

// place is what a cursor holds: where the last document of a page stands.
type place struct {
	OrderBy string          `json:"o,omitempty"`
	Value   json.RawMessage `json:"v,omitempty"`
	Time    *time.Time      `json:"t,omitempty"`
	ID      string          `json:"i"`
}

func cursor(q store.Query, last *firestore.DocumentSnapshot) (string, error) {
	p := place{OrderBy: q.OrderBy, ID: last.Ref.ID}
	if q.OrderBy != "" {
		value, err := last.DataAtPath(firestore.FieldPath{q.OrderBy})
		if err != nil {
			return "", fmt.Errorf("read the order of %s: %w", p.ID, err)
		}
		if t, ok := value.(time.Time); ok {
			p.Time = &t
		} else if p.Value, err = json.Marshal(value); err != nil {
			return "", fmt.Errorf("encode the order of %s: %w", p.ID, err)
		}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode the cursor behind %s: %w", p.ID, err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// parseCursor returns the values of a cursor in the query's order.
func parseCursor(q store.Query) ([]any, error) {
	var p place
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.ID == "" || p.OrderBy != q.OrderBy {
		return nil, fault.New(fault.Invalid, "the cursor is not of this query; start again without one")
	}
	switch {
	case q.OrderBy == "":
		return []any{p.ID}, nil
	case p.Time != nil:
		return []any{*p.Time, p.ID}, nil
	}
	value, err := decode(p.Value)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the cursor is not of this query; start again without one")
	}
	return []any{value, p.ID}, nil
}
