package docstore

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/InfinityXOneSystems/infinity-matrix/shared/fault"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/order"
	"github.com/InfinityXOneSystems/infinity-matrix/shared/store/internal/rule"
)

// span is the range of keys that answers a query.
type span struct {
	lo, hi  []byte // [lo, hi)
	prefix  int    // bytes of an entry before the order's value, or before the id
	byIndex bool   // the keys are entries of an index, not documents
	ordered bool   // the order's value stands before the id
}

// plan turns q into a range of keys.
func plan(schema store.Schema, q store.Query) (span, error) {
	if err := rule.Query(q); err != nil {
		return span{}, err
	}
	index, err := schema.Serve(q)
	if err != nil {
		return span{}, err
	}
	s := span{byIndex: len(index.Fields) > 0, ordered: q.OrderBy != ""}
	var prefix []byte
	if !s.byIndex {
		prefix = docPrefix(q.Collection)
	} else if prefix, err = equalPrefix(index, q); err != nil {
		return span{}, err
	}
	s.prefix = len(prefix)
	s.lo, s.hi = prefix, after(prefix)
	for _, f := range q.Where {
		if f.Field != q.OrderBy {
			continue
		}
		if err := s.narrow(prefix, f); err != nil {
			return span{}, err
		}
	}
	return s, s.resume(q)
}

// equalPrefix encodes the equality filters in the order of the index.
func equalPrefix(index store.Index, q store.Query) ([]byte, error) {
	prefix := indexPrefix(index)
	for _, field := range index.Fields {
		if field == q.OrderBy {
			break
		}
		var err error
		for _, f := range q.Where {
			if f.Field == field {
				prefix, err = order.Value(prefix, f.Value)
				break
			}
		}
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "cannot filter on %s", field)
		}
	}
	return prefix, nil
}

// narrow applies a filter on the order's field. A range never leaves the type
// of its value.
func (s *span) narrow(prefix []byte, f store.Filter) error {
	value, err := order.Value(append([]byte(nil), prefix...), f.Value)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "cannot filter on %s", f.Field)
	}
	ofType := value[:len(prefix)+1]
	lo, hi := ofType, after(ofType)
	switch f.Op {
	case store.Eq:
		lo, hi = value, after(value)
	case store.Lt:
		hi = value
	case store.Le:
		hi = after(value)
	case store.Gt:
		lo = after(value)
	case store.Ge:
		lo = value
	}
	if bytes.Compare(lo, s.lo) > 0 {
		s.lo = lo
	}
	if bytes.Compare(hi, s.hi) < 0 {
		s.hi = hi
	}
	return nil
}

// resume starts the range behind the cursor: the key of the last document.
func (s *span) resume(q store.Query) error {
	if q.Cursor == "" {
		return nil
	}
	key, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || bytes.Compare(key, s.lo) < 0 || bytes.Compare(key, s.hi) >= 0 {
		return fault.New(fault.Invalid, "the cursor is not of this query; start again without one")
	}
	if q.Desc {
		s.hi = key
	} else {
		s.lo = append(slices.Clip(key), 0)
	}
	return nil
}

// page reads one page of the range.
func (s span) page(snap Snapshot, q store.Query) (store.Page, error) {
	limit := rule.Limit(q)
	var page store.Page
	var last []byte
	if bytes.Compare(s.lo, s.hi) >= 0 {
		return page, nil
	}
	get, closeFn := snap.Lookup()
	defer func() { _ = closeFn() }() // its error is the one of the reads
	for pair, err := range snap.Scan(s.lo, s.hi, q.Desc) {
		if err != nil {
			return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
		}
		if len(page.Documents) == limit {
			page.Next = base64.RawURLEncoding.EncodeToString(last)
			break
		}
		doc, err := s.document(get, q.Collection, pair)
		if err != nil {
			return store.Page{}, err
		}
		page.Documents = append(page.Documents, doc)
		last = append(last[:0], pair.Key...)
	}
	return page, nil
}

func (s span) document(get func([]byte) ([]byte, error), collection string, pair Pair) (store.Document, error) {
	k := store.Key{Collection: collection, ID: string(pair.Key[s.prefix:])}
	if !s.byIndex {
		return decode(k, pair.Value)
	}
	if s.ordered {
		k.ID = string(pair.Key[s.prefix+order.Len(pair.Key[s.prefix:]):])
	}
	value, err := get(docKey(k))
	if err != nil {
		return store.Document{}, fmt.Errorf("read %s: %w", k, err)
	}
	return decode(k, value)
}
